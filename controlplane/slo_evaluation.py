"""One SLO as it stands: counts over its windows, budget, burn, and what its rules say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from controlplane.counting import FORGET_AFTER_SECONDS, Counting
from controlplane.errors import InvalidConfig
from controlplane.target_book import TargetBook
from probes.exposition import Page
from slo import (
    Adjustments,
    Budget,
    BurnRule,
    Counts,
    Decision,
    EvidenceGate,
    LatencySli,
    NoSuchEdge,
    Period,
    RatioSli,
    Readings,
    SloSpec,
    Split,
    ThresholdSli,
    UnsupportedSpec,
    error_budget,
    evaluate,
    resolve_sli,
    rules_for,
)

__all__ = [
    "GATE",
    "Evaluation",
    "Promise",
    "RuleLimit",
    "begin_counting",
    "counted_on",
    "counts_of",
    "counts_within",
    "evaluate_promise",
    "make_promise",
    "rules_of",
]

GATE = EvidenceGate()
UNADJUSTED = Adjustments()
SCRAPES_PER_WINDOW = 2
PERIOD_SECONDS = 450.0
"""Clouds give their figures 5 to 10 minutes late: windows below a quarter of an hour say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLimit:
    """One rule as a comparison: it may fire where both windows have more bad events than this.

    Attributes:
        windows: The long one and the short one, seconds.
        error_ratio: Share of bad events.
    """

    windows: tuple[float, float]
    error_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """An SLO with the rules that watch it.

    Attributes:
        slo: As its file says.
        rules: That watch it.
        sources: The pages it is counted on beside those of its targets.
        limits: The same rules as comparisons.
    """

    slo: SloSpec
    rules: tuple[BurnRule, ...]
    sources: tuple[str, ...]
    limits: tuple[RuleLimit, ...]

    @property
    def periodic(self) -> bool:
        """Whether it rests on figures that are given anew for each period."""
        return isinstance(self.slo.sli, RatioSli) and self.slo.sli.periodic

    @property
    def keys(self) -> tuple[str, str]:
        """Return both keys: of the part, and of all events."""
        return self.part_key, self.total_key

    @property
    def split(self) -> Split | None:
        """Return what it is counted apart by."""
        labels = self.slo.blame_by
        return Split(labels=labels, group=f"slo/{self.slo.name}") if labels else None

    @property
    def by_bad(self) -> bool:
        """Whether its part counts the bad events."""
        return isinstance(self.slo.sli, RatioSli) and bool(self.slo.sli.bad)

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the series that it may rest on."""
        sli = self.slo.sli
        if isinstance(sli, LatencySli):
            name = sli.histogram.name
            return frozenset((name, name + "_bucket", name + "_count"))
        if isinstance(sli, ThresholdSli):
            return frozenset(each.name for each in sli.series)
        return frozenset(each.name for each in (*sli.total, *sli.good, *sli.bad))

    @property
    def part_key(self) -> str:
        """Key of its good events, or of its bad ones where the SLO names those."""
        return f"slo/{self.slo.name}/part"

    @property
    def total_key(self) -> str:
        """Key of all its events."""
        return f"slo/{self.slo.name}/total"


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


def make_promise(slo: SloSpec, *, sources: Iterable[str], interval_seconds: float) -> Promise:
    """Return the SLO with its rules; a window shorter than two scrapes could not be counted.

    Raises:
        InvalidConfig: Its window is longer than counts are kept, or a rule of its own is too brief.
    """
    kept = timedelta(seconds=FORGET_AFTER_SECONDS)
    if slo.objective.window > kept:
        days = slo.objective.window.days
        msg = f"SLO {slo.name} promises over {days} days; counts are kept for {kept.days}."
        raise InvalidConfig(msg)
    if isinstance(slo.sli, RatioSli) and slo.sli.periodic:
        interval_seconds = max(interval_seconds, PERIOD_SECONDS)
    rules = rules_of(slo, interval_seconds=interval_seconds)
    objective = slo.objective
    limits = tuple(
        RuleLimit(
            windows=(rule.long.total_seconds(), rule.short.total_seconds()),
            error_ratio=rule.threshold(objective.window) * objective.allowed_error_ratio,
        )
        for rule in rules
    )
    return Promise(slo=slo, rules=rules, sources=tuple(sources), limits=limits)


def rules_of(slo: SloSpec, *, interval_seconds: float) -> tuple[BurnRule, ...]:
    """Return the burn rules of an SLO that is counted every so many seconds: its own, or the usual.

    Raises:
        InvalidConfig: A rule of its own looks back no further than two scrapes.
    """
    resolution = timedelta(seconds=SCRAPES_PER_WINDOW * interval_seconds)
    if slo.rules is None:
        return rules_for(slo.objective.window, resolution=resolution)
    own = tuple(replace(rule, short=max(rule.short, resolution)) for rule in slo.rules)
    brief = [rule for rule in own if rule.long <= rule.short]
    if brief:
        seconds, every = brief[0].long.total_seconds(), f"{interval_seconds:g} s"
        msg = f"SLO {slo.name} has a burn rule over {seconds:g} s, and is counted every {every}."
        raise InvalidConfig(msg, hint="write a longer window, or scrape more often")
    return own


def counted_on(promise: Promise, book: TargetBook) -> frozenset[str]:
    """Return the names of all pages that an SLO is counted on."""
    targets = (target.name for target in book.of_service(promise.slo.service))
    return frozenset(promise.sources).union(targets)


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
    if isinstance(sli, ThresholdSli):
        for key, threshold in zip(promise.keys, (sli.threshold, None), strict=True):
            readings = Readings(combine=sli.combine, threshold=threshold)
            counting.define(key, sli.series, sources=sources, readings=readings, split=split)
        return ""
    for key, series in zip(promise.keys, (sli.good or sli.bad, sli.total), strict=True):
        counting.define(key, series, sources=sources, periodic=sli.periodic, split=split)
    return ""


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
        decisions=evaluate(promise.rules, counts, slo.objective, GATE),
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
    gained = dict(counting.span(promise.keys, now=now, seconds=seconds).gained)
    for out in adjustments.excluded(now - seconds, now):
        for key, taken in counting.gained_between(promise.keys, out.start, out.end).items():
            gained[key] -= taken
    return counts_of(promise, *(gained[key] for key in promise.keys))


def counts_of(promise: Promise, part: float, total: float) -> Counts:
    """Return what a promise's part and total come to.

    Good is never above total: two counters of one page may be read a moment apart.
    """
    part, total = round(part), round(total)
    good = total - part if promise.by_bad else part
    return Counts(good=min(max(good, 0), total), total=total)
