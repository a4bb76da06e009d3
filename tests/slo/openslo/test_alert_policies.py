"""Alert policies become burn rules, or are refused for what they would do."""

from datetime import timedelta

import pytest

from slo import Severity, SloError, read_openslo
from tests.slo.openslo.examples import AVAILABILITY, changed

POLICY = """
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast-burn}
spec:
  conditions: [{conditionRef: burning}]
  notificationTargets: [{targetRef: oncall}]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: burning}
spec:
  severity: page
  condition: {kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h, alertAfter: 2m}
"""


def with_policy(reference: object = "fast-burn") -> str:
    return changed(AVAILABILITY + POLICY, "spec.alertPolicies", [reference])


@pytest.mark.parametrize("reference", ["fast-burn", {"alertPolicyRef": "fast-burn"}])
def test_a_policy_is_a_rule_with_a_short_window(reference):
    (found,) = read_openslo(with_policy(reference))
    (rule,) = found.rules
    assert (rule.severity, rule.long, rule.short) == (
        Severity.PAGE,
        timedelta(hours=1),
        timedelta(minutes=5),
    )
    assert rule.threshold(found.objective.window) == pytest.approx(14.4)


def test_a_policy_may_be_written_out_in_place():
    condition = {"kind": "burnrate", "threshold": 2, "lookbackWindow": "1d"}
    held = {
        "kind": "AlertPolicy",
        "metadata": {"name": "slow"},
        "spec": {
            "conditions": [
                {
                    "kind": "AlertCondition",
                    "metadata": {"name": "c"},
                    "spec": {"severity": "ticket", "condition": condition},
                }
            ],
            "notificationTargets": [{"targetRef": "x"}],
        },
    }
    (found,) = read_openslo(changed(AVAILABILITY, "spec.alertPolicies", [held]))
    assert [rule.severity for rule in found.rules] == [Severity.TICKET]


def test_a_policy_may_say_several_windows_by_annotation():
    rules = "annotations: {trimtab.dev/burn-rules: 'page 2% 1h/5m, ticket 10% 1d/2h'}"
    documents = POLICY.replace("{name: fast-burn}", f"{{name: fast-burn, {rules}}}")
    (found,) = read_openslo(changed(AVAILABILITY + documents, "spec.alertPolicies", ["fast-burn"]))
    assert len(found.rules) == 2


@pytest.mark.parametrize(
    ("old", "new", "advice"),
    [
        ("op: gte", "op: lte", "op lte fires while all is well.* Did you mean gte"),
        ("threshold: 14.4", "threshold: 0", "threshold 0 fires while all is well"),
        ("name: burning", "name: other", "conditionRef 'burning' names no AlertCondition"),
        ("name: fast-burn", "name: other", "'fast-burn' names no AlertPolicy"),
        ("lookbackWindow: 1h", "lookbackWindow: 1M", "1M, which is not always as long"),
    ],
)
def test_a_policy_that_cannot_work_is_refused(old, new, advice):
    assert old in POLICY
    text = changed(AVAILABILITY + POLICY.replace(old, new), "spec.alertPolicies", ["fast-burn"])
    with pytest.raises(SloError, match=advice):
        read_openslo(text)
