"""One SLO as it stands: counts over its windows, budget, burn, and what its rules say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

from controlplane.counting import Counting
from controlplane.promise import CountedPart, Promise
from slo import (
    Adjustments,
    Budget,
    CompositeSli,
    Counts,
    Decision,
    NoSuchEdge,
    Period,
    RatioSli,
    Readings,
    Rule,
    SeriesIndex,
    SlicePart,
    SliceRule,
    ThresholdSli,
    UnsupportedSpec,
    error_budget,
    evaluate,
    resolve_sli,
    whole_weights,
)

__all__ = [
    "UNADJUSTED",
    "Evaluation",
    "begin_counting",
    "counts_of",
    "counts_within",
    "evaluate_promise",
    "gained_within",
    "perhaps_good",
]

UNADJUSTED = Adjustments()
Series = Sequence[tuple[str, Mapping[str, str]]]


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
    promise: Promise,
    counting: Counting,
    shown: SeriesIndex | Iterable[Series],
    *,
    sources: frozenset[str],
) -> str:
    """Define what an SLO counts, and on which targets; return why it cannot be yet, or nothing.

    A latency SLO waits for a page: only there is seen how the edge of its bucket is written.

    Args:
        promise: The SLO.
        counting: Where it is counted.
        shown: Names and labels that pages show, by page; or the index of all, where many SLOs begin.
        sources: The pages it is counted on.
    """
    if counting.defines(promise.total_key) and counting.sources(promise.total_key) == sources:
        return ""
    known = shown if isinstance(shown, SeriesIndex) else SeriesIndex(chain.from_iterable(shown))
    try:
        resolved = [resolve_sli(each.part.sli, known) for each in promise.counted_parts]
    except (NoSuchEdge, UnsupportedSpec) as error:
        return str(error)
    for each, sli in zip(promise.counted_parts, resolved, strict=True):
        _define(promise, each, sli, counting, sources)
    if promise.sliced:
        counting.cut(_slice_rule(promise), sources=sources)
    elif isinstance(promise.slo.sli, CompositeSli):
        for key, terms in zip(promise.keys, _blend_of(promise, promise.slo.sli), strict=True):
            counting.blend(key, terms, sources=sources)
    return ""


def _define(
    promise: Promise,
    counted: CountedPart,
    sli: RatioSli | ThresholdSli,
    counting: Counting,
    sources: frozenset[str],
) -> None:
    """Count the events of one indicator; where it is one of a family, from where that stands."""
    keys, split = (counted.part_key, counted.total_key), promise.split
    own, family = f"slo/{promise.slo.name}/", f"slo/{promise.slo.family}/"
    heirs = [key.replace(own, family, 1) if promise.slo.family else "" for key in keys]
    if isinstance(sli, ThresholdSli):
        for key, threshold in zip(keys, (sli.threshold, None), strict=True):
            readings = Readings(combine=sli.combine, threshold=threshold)
            counting.define(key, sli.series, sources=sources, readings=readings, split=split)
        return
    for key, series, heir in zip(keys, (sli.good or sli.bad, sli.total), heirs, strict=True):
        counting.define(
            key, series, sources=sources, periodic=sli.periodic, split=split, heir_of=heir
        )
    if sli.at_most:
        counting.define(promise.at_most_key, sli.at_most, sources=sources)


def _slice_rule(promise: Promise) -> SliceRule:
    return SliceRule(
        parts=tuple(
            SlicePart(
                part=each.part_key,
                total=each.total_key,
                by_bad=each.by_bad,
                weight=each.part.weight,
                target=each.part.slice_target,
            )
            for each in promise.counted_parts
        ),
        good=promise.part_key,
        all=promise.total_key,
        budgeting=promise.slo.budgeting,
        read_late=bool(promise.engine),
    )


def _blend_of(promise: Promise, sli: CompositeSli) -> tuple[dict[str, int], dict[str, int]]:
    """Return what bad and all events of a composite are made of: sums of its parts, so many times."""
    bad: dict[str, int] = {}
    total: dict[str, int] = {}
    for each, weight in zip(promise.counted_parts, whole_weights(sli), strict=True):
        if each.by_bad:
            bad[each.part_key] = weight
        else:
            bad |= {each.total_key: weight, each.part_key: -weight}
        if sli.rule is Rule.WEIGHTS or not total:
            total[each.total_key] = weight
    return bad, total


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


def perhaps_good(promise: Promise, counting: Counting, found: Evaluation) -> int:
    """Return how many of the budget's bad events may be good: the limit lies between two edges."""
    if not counting.defines(promise.at_most_key):
        return 0
    seconds = found.at - found.window.start
    keys = promise.part_key, promise.at_most_key
    gained = counting.span(keys, now=found.at, seconds=seconds).gained
    between = round(gained[promise.at_most_key] - gained[promise.part_key])
    return min(max(between, 0), found.budget.counts.bad)


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
