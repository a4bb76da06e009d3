import json

from canary_analysis import Analysis, Kind, Metric, Policy
from controlplane.evidence import evidence_of, findings_of


def test_evidence_is_plain_json_without_figures_that_json_lacks() -> None:
    analysis = Analysis.start((Metric(name="errors", kind=Kind.ERRORS),), Policy())
    found = evidence_of(analysis.judge(0.0))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["decision"]


def test_findings_come_back_and_those_of_other_versions_are_passed_over() -> None:
    analysis = Analysis.start((Metric(name="errors", kind=Kind.ERRORS),), Policy())
    verdict = analysis.judge(0.0)
    kept = json.loads(json.dumps(evidence_of(verdict)))
    assert findings_of(kept) == verdict.findings
    assert findings_of(None) == ()
    del kept["findings"][0]["text"]
    assert findings_of(kept) == ()
