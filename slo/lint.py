"""SLOs that are valid and still cannot work: found by arithmetic before they are relied upon."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from slo.alert_windows import BurnRule
from slo.objective import Objective

__all__ = ["Fault", "Finding", "lint_rules"]


class Fault(StrEnum):
    """What is wrong with a rule."""

    CANNOT_FIRE = "cannot_fire"
    FIRES_WITHIN_BUDGET = "fires_within_budget"
    ONE_EVENT_FIRES = "one_event_fires"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault of one rule, and what to do about it."""

    fault: Fault
    rule: BurnRule
    advice: str


def lint_rules(
    rules: tuple[BurnRule, ...], objective: Objective, *, events_per_hour: float | None
) -> tuple[Finding, ...]:
    """Return what is wrong with an SLO's rules.

    Args:
        rules: That watch it.
        objective: The promise.
        events_per_hour: Its usual traffic; None when it is not known, and not judged by.

    Source: Google SRE Workbook, "Alerting on SLOs", low-traffic services and extreme goals.

    >>> from datetime import timedelta
    >>> from slo.alert_windows import WORKBOOK
    >>> nine_of_ten = Objective(target=0.9, window=timedelta(days=30))
    >>> [str(found.fault) for found in lint_rules(WORKBOOK, nine_of_ten, events_per_hour=None)]
    ['cannot_fire']
    """
    found = (_lint_rule(rule, objective, events_per_hour) for rule in rules)
    return tuple(finding for finding in found if finding is not None)


def _lint_rule(
    rule: BurnRule, objective: Objective, events_per_hour: float | None
) -> Finding | None:
    factor = rule.threshold(objective.window)
    limit = factor * objective.allowed_error_ratio
    if limit >= 1.0:
        advice = (
            f"Fires above {limit:.0%} errors, which cannot be. "
            f"Promise more than {1 - 1 / factor:.2%}, or leave the rule out."
        )
        return Finding(fault=Fault.CANNOT_FIRE, rule=rule, advice=advice)
    if factor < 1.0:
        advice = f"Fires at {factor:g}x the allowed errors, while the promise is being kept."
        return Finding(fault=Fault.FIRES_WITHIN_BUDGET, rule=rule, advice=advice)
    needed = ceil(1.0 / limit)
    seen = None if events_per_hour is None else events_per_hour * rule.long.total_seconds() / 3600
    if seen is not None and 0.0 < seen < needed:
        advice = (
            f"One bad event among {seen:.0f} exceeds it; {needed} are needed. Only the evidence "
            "gate keeps it silent: use a longer window, or send probes."
        )
        return Finding(fault=Fault.ONE_EVENT_FIRES, rule=rule, advice=advice)
    return None
