"""A promise that is kept watch over: an SLO with the rules that watch it, and where it is counted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from controlplane.counting import FORGET_AFTER_SECONDS
from controlplane.errors import InvalidConfig
from controlplane.target_book import TargetBook
from slo import (
    BurnRule,
    CompositeSli,
    EvidenceGate,
    Part,
    RatioSli,
    SloSpec,
    Split,
    rules_for,
    whole_weights,
)

__all__ = ["GATE", "CountedPart", "Promise", "RuleLimit", "counted_on", "make_promise", "rules_of"]

GATE = EvidenceGate()
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
class CountedPart:
    """One indicator of an SLO, and the keys of its events."""

    part: Part
    part_key: str
    total_key: str

    @property
    def by_bad(self) -> bool:
        """Whether its part counts what is bad."""
        return isinstance(self.part.sli, RatioSli) and bool(self.part.sli.bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """An SLO with the rules that watch it.

    Attributes:
        slo: As its file says.
        rules: That watch it.
        sources: The pages it is counted on beside those of its targets.
        limits: The same rules as comparisons.
        engine: Name of the engine whose samples it is counted on; empty where it is on pages.
    """

    slo: SloSpec
    rules: tuple[BurnRule, ...]
    sources: tuple[str, ...]
    limits: tuple[RuleLimit, ...]
    engine: str = ""

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
        """Whether its part counts what is bad."""
        sli = self.slo.sli
        return not self.sliced and (
            isinstance(sli, CompositeSli) or (isinstance(sli, RatioSli) and bool(sli.bad))
        )

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the series that it may rest on."""
        return self.slo.sli.names

    @property
    def part_key(self) -> str:
        """Key of its good slices or events, or of its bad events where the SLO names those."""
        return f"slo/{self.slo.name}/{'good-slices' if self.sliced else 'part'}"

    @property
    def total_key(self) -> str:
        """Key of all its events or slices."""
        return f"slo/{self.slo.name}/{'slices' if self.sliced else 'total'}"

    @property
    def at_most_key(self) -> str:
        """Key of the events that may be good, where its limit lies between two edges."""
        return f"slo/{self.slo.name}/at-most"

    @property
    def counted_parts(self) -> tuple[CountedPart, ...]:
        """Return what is counted for it: its events, or those of each of its parts."""
        name, parts = self.slo.name, self.slo.parts
        several = isinstance(self.slo.sli, CompositeSli)
        prefixes = [f"slo/{name}/{at}" if several else f"slo/{name}" for at in range(len(parts))]
        return tuple(
            CountedPart(part=part, part_key=f"{prefix}/part", total_key=f"{prefix}/total")
            for part, prefix in zip(parts, prefixes, strict=True)
        )

    @property
    def stored_keys(self) -> frozenset[str]:
        """Return every key under which something is counted for it."""
        parts = (key for each in self.counted_parts for key in (each.part_key, each.total_key))
        return frozenset((*parts, *self.keys, self.at_most_key))

    @property
    def calls(self) -> bool:
        """Whether its rules call anyone; a family leaves that to its members."""
        return self.slo.each is None

    @property
    def sliced(self) -> bool:
        """Whether its budget is counted in slices of time."""
        return self.slo.budgeting.sliced

    @property
    def gate(self) -> EvidenceGate:
        """Return what an alert needs besides its burn rate."""
        unit = self.slo.budgeting.unit
        if isinstance(self.slo.sli, CompositeSli) and not self.sliced:
            unit = max(whole_weights(self.slo.sli))
        return replace(self.slo.evidence or GATE, unit=unit)


def make_promise(
    slo: SloSpec, *, sources: Iterable[str], interval_seconds: float, engine: str = ""
) -> Promise:
    """Return the SLO with its rules; a window shorter than two scrapes could not be counted.

    Raises:
        InvalidConfig: Its window is longer than counts are kept, or a rule of its own is too brief.
    """
    kept = timedelta(seconds=FORGET_AFTER_SECONDS)
    if slo.objective.window > kept:
        days = slo.objective.window.days
        msg = f"SLO {slo.name} promises over {days} days; counts are kept for {kept.days}."
        raise InvalidConfig(msg)
    if slo.periodic:
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
    return Promise(slo=slo, rules=rules, sources=tuple(sources), limits=limits, engine=engine)


def rules_of(slo: SloSpec, *, interval_seconds: float) -> tuple[BurnRule, ...]:
    """Return the burn rules of an SLO that is counted every so many seconds: its own, or the usual.

    Raises:
        InvalidConfig: A rule of its own looks back no further than two scrapes.
    """
    step = max(timedelta(seconds=interval_seconds), slo.budgeting.length)
    resolution = SCRAPES_PER_WINDOW * step
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
