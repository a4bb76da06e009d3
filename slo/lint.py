"""SLOs that are valid and still cannot work: found by arithmetic, or on a page, before they are relied upon."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import ceil

from slo.alert_windows import BurnRule
from slo.errors import NoSuchEdge, UnsupportedSpec
from slo.objective import Objective
from slo.resolving import resolve_sli
from slo.selector import Selector
from slo.sli import RatioSli, ThresholdSli
from slo.spec import SloSpec

__all__ = ["Fault", "Finding", "lint_retention", "lint_rules", "lint_series"]

Shown = tuple[tuple[str, Mapping[str, str]], ...]


class Fault(StrEnum):
    """What is wrong, as a code for programs."""

    CANNOT_FIRE = "cannot_fire"
    FIRES_WITHIN_BUDGET = "fires_within_budget"
    ONE_EVENT_FIRES = "one_event_fires"
    RETENTION_SHORT = "retention_short"
    EDGE_MISSING = "edge_missing"
    NOT_COUNTABLE = "not_countable"
    NOTHING_MATCHES = "nothing_matches"
    NO_FAILURE_SEEN = "no_failure_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault, and what to do about it.

    Attributes:
        fault: What is wrong.
        advice: The fix.
        rule: Whose fault it is; None where it is the SLO's as a whole.
    """

    fault: Fault
    advice: str
    rule: BurnRule | None = None

    @property
    def note(self) -> bool:
        """Whether it is only to be known, and nothing that cannot work."""
        return self.fault is Fault.NO_FAILURE_SEEN


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


def lint_retention(spec: SloSpec, kept: timedelta) -> tuple[Finding, ...]:
    """Return what is wrong where samples or counts are kept for so long."""
    window = spec.objective.window
    if window <= kept:
        return ()
    advice = (
        f"Its window is {window.days} days, and only {kept.days} are kept: the budget would forget "
        f"what was spent. Keep more, or promise over {kept.days} days at most."
    )
    return (Finding(fault=Fault.RETENTION_SHORT, advice=advice),)


def lint_series(
    spec: SloSpec, series: Iterable[tuple[str, Mapping[str, str]]]
) -> tuple[Finding, ...]:
    """Return what is wrong with an SLO's indicators, given the names and labels that pages show."""
    shown = tuple(series)
    found: list[Finding] = []
    for part in spec.parts:
        try:
            counted = resolve_sli(part.sli, shown)
        except NoSuchEdge as error:
            found.append(Finding(fault=Fault.EDGE_MISSING, advice=str(error)))
        except UnsupportedSpec as error:
            found.append(Finding(fault=Fault.NOT_COUNTABLE, advice=str(error)))
        else:
            found += _unmatched(counted, shown)
    return tuple(found)


def _unmatched(counted: RatioSli | ThresholdSli, shown: Shown) -> Iterator[Finding]:
    """Yield the selectors that no series meets; failures that were never seen are only noted."""
    silent = [one for one in counted.whole if not _matches(one, shown)]
    if silent:
        advice = f"Nothing matches {silent[0]}. Check name and labels; it may come with traffic."
        yield Finding(fault=Fault.NOTHING_MATCHES, advice=advice)
    elif isinstance(counted, RatioSli) and counted.bad:
        unseen = [one for one in counted.bad if not _matches(one, shown)]
        if unseen:
            advice = f"Nothing matches {unseen[0]} yet: until it does, there are no failures."
            yield Finding(fault=Fault.NO_FAILURE_SEEN, advice=advice)


def _matches(selector: Selector, shown: Shown) -> bool:
    return any(selector.selects(name, labels) for name, labels in shown)


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
