"""One SLO as it stands: counts over its windows, budget, burn, and what its rules say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from controlplane.counting import Counting
from controlplane.promise import Promise
from probes.exposition import Page
from slo import (
    Adjustments,
    Budget,
    Counts,
    Decision,
    NoSuchEdge,
    Period,
    Readings,
    SliceRule,
    ThresholdSli,
    UnsupportedSpec,
    error_budget,
    evaluate,
    resolve_sli,
)

__all__ = [
    "UNADJUSTED",
    "Evaluation",
    "begin_counting",
    "counts_of",
    "counts_within",
    "evaluate_promise",
    "gained_within",
]

UNADJUSTED = Adjustments()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one evaluation found.

    Attributes:
        at: Unix seconds.
        budget: Over the SLO's window.
        window: From when to when the budget is reckoned; it ends now, or with the calendar's period.
        covered_seconds: How much of the window was watched.
        decisions: One by severity.
        unknown: Why nothing can be said; empty when something can.
    """

    at: float
    budget: Budget
    window: Period
    covered_seconds: float
    decisions: Mapping[str, Decision]
    unknown: str

    @property
    def state(self) -> str:
        """Return ``unknown``, ``exhausted``, ``burning`` or ``ok``."""
        left = self.budget.remaining_ratio
        blind = all(found.firing is None for found in self.decisions.values())
        if left is None or blind:
            return "unknown"
        if left <= 0.0:
            return "exhausted"
        return "burning" if any(found.firing for found in self.decisions.values()) else "ok"


def begin_counting(
    promise: Promise, counting: Counting, pages: Iterable[Page], *, sources: frozenset[str]
) -> str:
    """Define what an SLO counts, and on which targets; return why it cannot be yet, or nothing.

    A latency SLO waits for a page: only there is seen how the edge of its bucket is written.
    """
    if counting.defines(promise.total_key) and counting.sources(promise.total_key) == sources:
        return ""
    try:
        shown = (series for page in pages for series in page.layout.series)
        sli = resolve_sli(promise.slo.sli, shown)
    except (NoSuchEdge, UnsupportedSpec) as error:
        return str(error)
    split = promise.split
    if promise.sliced:
        counting.cut(_slice_rule(promise), sources=sources)
    if isinstance(sli, ThresholdSli):
        for key, threshold in zip(promise.event_keys, (sli.threshold, None), strict=True):
            readings = Readings(combine=sli.combine, threshold=threshold)
            counting.define(key, sli.series, sources=sources, readings=readings, split=split)
        return ""
    for key, series in zip(promise.event_keys, (sli.good or sli.bad, sli.total), strict=True):
        counting.define(key, series, sources=sources, periodic=sli.periodic, split=split)
    return ""


def _slice_rule(promise: Promise) -> SliceRule:
    part, total = promise.event_keys
    return SliceRule(
        part=part,
        total=total,
        by_bad=promise.events_by_bad,
        good=promise.part_key,
        all=promise.total_key,
        budgeting=promise.slo.budgeting,
    )


def evaluate_promise(
    promise: Promise, counting: Counting, *, now: float, adjustments: Adjustments = UNADJUSTED
) -> Evaluation:
    """Hold the SLO against what was counted, less what people took out."""
    slo, window = promise.slo, _window_at(promise, now)
    window = replace(window, start=adjustments.begin(window.start, now))
    span = counting.span(promise.keys, now=now, seconds=now - window.start)

    def counts(length: timedelta) -> Counts:
        seconds = length.total_seconds()
        return counts_within(promise, counting, now=now, seconds=seconds, adjustments=adjustments)

    happened = counts_within(
        promise, counting, now=now, seconds=now - window.start, adjustments=adjustments
    )
    budget = error_budget(happened, slo.objective)
    unknown = "" if counting.defines(promise.total_key) else "not counted yet"
    return Evaluation(
        at=now,
        budget=budget,
        window=window,
        covered_seconds=span.covered_seconds,
        decisions=evaluate(promise.rules, counts, slo.objective, promise.gate),
        unknown=unknown or ("" if budget.counts.total else "no traffic within the window"),
    )


def _window_at(promise: Promise, now: float) -> Period:
    """Return what the budget is reckoned over: the last so many days, or the calendar's period."""
    objective = promise.slo.objective
    if objective.calendar is not None:
        return objective.calendar.at(now)
    return Period(start=now - objective.window.total_seconds(), end=now)


def counts_within(
    promise: Promise,
    counting: Counting,
    *,
    now: float,
    seconds: float,
    adjustments: Adjustments = UNADJUSTED,
) -> Counts:
    """Return what happened within the last seconds, less what people took out."""
    gained = gained_within(
        promise.keys, counting, now=now, seconds=seconds, adjustments=adjustments
    )
    return counts_of(promise, *(gained[key] for key in promise.keys))


def gained_within(
    keys: Sequence[str],
    counting: Counting,
    *,
    now: float,
    seconds: float,
    adjustments: Adjustments,
) -> dict[str, float]:
    """Return what tallies gained within the last seconds, less what people took out."""
    gained = dict(counting.span(keys, now=now, seconds=seconds).gained)
    for out in adjustments.excluded(now - seconds, now):
        for key, taken in counting.gained_between(keys, out.start, out.end).items():
            gained[key] -= taken
    return gained


def counts_of(promise: Promise, part: float, total: float) -> Counts:
    """Return what a promise's part and total come to.

    Good is never above total: two counters of one page may be read a moment apart.
    """
    part, total = round(part), round(total)
    good = total - part if promise.by_bad else part
    return Counts(good=min(max(good, 0), total), total=total)
