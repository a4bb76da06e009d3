import json

from canary_analysis import Analysis, Kind, Metric, Policy
from controlplane.evidence import evidence_of


def test_evidence_is_plain_json_without_figures_that_json_lacks() -> None:
    analysis = Analysis.start((Metric(name="errors", kind=Kind.ERRORS),), Policy())
    found = evidence_of(analysis.judge(0.0))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["decision"]
