"""Annotations of ours: what they ask for, and what they cannot."""

from datetime import timedelta

import pytest

from slo import EvidenceGate, InvalidSpec, LabelSets, LatencySli, UnsupportedSpec, read_openslo
from tests.slo.openslo.examples import AVAILABILITY, LATENCY, changed


def annotated(text: str = AVAILABILITY, **written: str) -> str:
    named = {f"trimtab.dev/{name.replace('_', '-')}": value for name, value in written.items()}
    return changed(text, "metadata.annotations", named)


def test_nothing_is_asked_for_where_nothing_is_written():
    (found,) = read_openslo(AVAILABILITY)
    assert (found.each, found.evidence, found.silence) == (None, None, None)


def test_one_slo_for_each_set_of_values():
    (found,) = read_openslo(annotated(each="model, tenant", each_limit="20"))
    assert found.each == LabelSets(labels=("model", "tenant"), limit=20)


def test_the_evidence_that_an_alert_needs():
    (found,) = read_openslo(annotated(evidence="chance 1e-3, bad 5"))
    assert found.evidence == EvidenceGate(chance=1e-3, min_bad=5)
    (found,) = read_openslo(annotated(evidence="chance 0.5"))
    assert found.evidence == EvidenceGate(chance=0.5, min_bad=2)


def test_after_which_silence_someone_is_called():
    (found,) = read_openslo(annotated(no_data="15m"))
    assert found.silence == timedelta(minutes=15)


def test_a_limit_between_two_edges_may_be_bounded():
    (found,) = read_openslo(annotated(LATENCY, between_edges="bound"))
    assert isinstance(found.sli, LatencySli)
    assert found.sli.bounded
    with pytest.raises(UnsupportedSpec, match="for one latency that counts events"):
        read_openslo(annotated(between_edges="bound"))


WRONG = [
    ({"each": "target"}, "is on no series"),
    ({"each": "model,model"}, "must be one to 5 different"),
    ({"each": " "}, "must be one to 5 different"),
    ({"each": "model", "each_limit": "0"}, "from 1 to 1000"),
    ({"evidence": "5 failures"}, "Write for example: chance 0.001, bad 3"),
    ({"evidence": "chance 2"}, "Write for example: chance 0.001, bad 3"),
    ({"evidence": "chance e.e"}, "Write for example: chance 0.001, bad 3"),
    ({"no_data": "soon"}, "Write for example 15m"),
    ({"between_edges": "guess"}, "must be bound or refuse"),
    ({"evidense": "chance 1"}, "Did you mean 'trimtab.dev/evidence'"),
]


@pytest.mark.parametrize(("written", "advice"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_what_cannot_be_read_is_refused(written, advice):
    with pytest.raises(InvalidSpec, match=advice):
        read_openslo(annotated(**written))


POLICY = """
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: quiet}
spec:
  alertWhenNoData: true
  conditions:
    - kind: AlertCondition
      metadata: {name: fast}
      spec: {severity: page, condition: {kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 2h}}
  notificationTargets: [{targetRef: someone}]
"""


def test_a_policy_that_alerts_without_data_waits_as_long_as_its_rules_look_back():
    text = changed(AVAILABILITY, "spec.alertPolicies", [{"alertPolicyRef": "quiet"}]) + POLICY
    assert read_openslo(text)[0].silence == timedelta(hours=2)
    assert read_openslo(text.replace("NoData: true", "NoData: false"))[0].silence is None
