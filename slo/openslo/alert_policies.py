"""Alert policies of OpenSLO as burn rules.

A policy names one condition with one window; the short window that makes an alert stop soon after the
trouble is a twelfth of it, as in the Workbook. Several windows together are said by the annotation
``trimtab.dev/burn-rules`` of the policy or of the SLO. ``alertAfter`` is not waited for: the evidence
gate does its work, and sooner.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from slo.alert_windows import BurnRule, Severity
from slo.errors import InvalidSpec
from slo.openslo.annotations import read_annotations
from slo.openslo.durations import fixed_duration
from slo.openslo.fields import Fields

__all__ = ["pages_silence", "rules_of_policies"]

SHORT = 12
PAGING = {"page", "critical", "high", "emergency", "sev1", "p1"}
"""Words for what wakes people; all others are tickets."""

MEANT = {"lt": "gt", "lte": "gte"}
Named = Mapping[str, Mapping[str, Any]]


def rules_of_policies(
    spec: Fields, policies: Named, conditions: Named, window: timedelta
) -> tuple[BurnRule, ...] | None:
    """Return the rules of an SLO's policies; None where it names none.

    Args:
        spec: Of the SLO.
        policies: AlertPolicy documents by name.
        conditions: AlertCondition documents by name.
        window: Of the SLO.

    Raises:
        InvalidSpec: A policy or condition is nowhere, or fires while all is well.
    """
    named = spec.items("alertPolicies")
    if not named:
        return None
    found: list[BurnRule] = []
    for place, each in enumerate(named):
        at = f"{spec.place}.alertPolicies[{place}]"
        found += _rules(_policy(each, policies, at), conditions, window)
    return tuple(found)


def pages_silence(spec: Fields, policies: Named) -> bool:
    """Whether some policy of an SLO wants someone called when no data comes."""
    for place, each in enumerate(spec.items("alertPolicies")):
        policy = _policy(each, policies, f"{spec.place}.alertPolicies[{place}]").fields("spec")
        if "alertWhenNoData" in policy and policy.flag("alertWhenNoData"):
            return True
    return False


def _policy(each: object, policies: Named, at: str) -> Fields:
    name = each if isinstance(each, str) else None
    if isinstance(each, dict) and "alertPolicyRef" in each:
        name = each["alertPolicyRef"]
    if name is None:
        return Fields(each, at)
    if name not in policies:
        msg = f"{at} {name!r} names no AlertPolicy document."
        raise InvalidSpec(msg)
    return Fields(policies[name], f"AlertPolicy {name}")


def _rules(policy: Fields, conditions: Named, window: timedelta) -> tuple[BurnRule, ...]:
    metadata, spec = policy.fields("metadata"), policy.fields("spec")
    wishes = read_annotations(metadata.mapping("annotations"), metadata.place, window)
    if wishes.rules is not None:
        return wishes.rules
    if "alertWhenBreaching" in spec and not spec.flag("alertWhenBreaching"):
        return ()
    return (_rule(_condition(spec, conditions), window),)


def _condition(spec: Fields, conditions: Named) -> Fields:
    condition = spec.only_item("conditions")
    if "conditionRef" not in condition:
        return condition.fields("spec")
    name = condition.text("conditionRef")
    if name not in conditions:
        msg = f"{condition.place}.conditionRef {name!r} names no AlertCondition document."
        raise InvalidSpec(msg)
    return Fields(conditions[name], f"AlertCondition {name}").fields("spec")


def _rule(condition: Fields, window: timedelta) -> BurnRule:
    burn = condition.fields("condition")
    operator = burn.optional_text("op") or "gte"
    if operator in MEANT:
        msg = (
            f"{burn.place}.op {operator} fires while all is well: a low burn rate is health. "
            f"Did you mean {MEANT[operator]}?"
        )
        raise InvalidSpec(msg)
    long, threshold = fixed_duration(burn, "lookbackWindow"), burn.number("threshold")
    if threshold <= 0.0:
        msg = f"{burn.place}.threshold {threshold:g} fires while all is well; write 14.4 or 6."
        raise InvalidSpec(msg)
    severity = condition.text("severity").lower()
    return BurnRule(
        severity=Severity.PAGE if severity in PAGING else Severity.TICKET,
        long=long,
        short=long / SHORT,
        budget_share=threshold * (long / window),
    )
