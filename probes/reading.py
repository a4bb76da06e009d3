"""How the versions of one service are told apart and counted on the pages of its replicas. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean

from probes.detection import hold_against
from probes.exposition import Page
from probes.indicators import Distribution, Form, Level, Ratio, Shape
from probes.server_profile import ServerProfile
from slo import Selector

__all__ = ["Reading", "held_requests", "level_of", "read_service"]

LATENCY = "latency"
AVERAGED = ("ratio", "celsius")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The best indicators that the pages hold for comparing versions.

    Attributes:
        profile: The kind of server.
        ratio: Requests, and their good or bad part.
        by_label: Whether a label tells versions apart; otherwise each version has its own targets.
        latency: The histogram of request times; None where the pages have none.
        edges: Its ``le`` labels by bucket edge in seconds, rising, without +Inf.
        of_copies: Whether it counts mirrored requests, whose answers are compared.
        mirrored: How those are counted; None where the pages do not tell of them.
    """

    profile: ServerProfile
    ratio: Ratio
    by_label: bool
    latency: Distribution | None
    edges: Mapping[float, str]
    of_copies: bool = False
    mirrored: "Reading | None" = None

    @property
    def counts_bad(self) -> bool:
        """Whether the part that is counted is the bad one."""
        return bool(self.ratio.bad)

    def requests(self, *, model: str, version: str) -> tuple[Selector, ...]:
        """Return what counts all requests of a version."""
        return tuple(_of(each, self.ratio, model, version) for each in self.ratio.total)

    def part(self, *, model: str, version: str) -> tuple[Selector, ...]:
        """Return what counts its bad requests, or its good ones; see ``counts_bad``."""
        part = self.ratio.bad or self.ratio.good
        return tuple(_of(each, self.ratio, model, version) for each in part)

    def timed(self, *, model: str, version: str) -> tuple[Selector, ...]:
        """Return what counts the requests that were timed; empty without a histogram."""
        return self._latency("_count", model, version)

    def within(self, le: str, *, model: str, version: str) -> tuple[Selector, ...]:
        """Return one bucket; ``le`` is the label as the pages write it."""
        return tuple(each.where(le=le) for each in self._latency("_bucket", model, version))

    def compared(self, *, model: str, version: str) -> tuple[Selector, ...]:
        """Return what counts a mirrored version's answers that were held against others."""
        signs = self.profile.mirror
        return (
            ()
            if signs is None or not self.of_copies
            else _all_of(signs.compared, self.ratio, model, version)
        )

    def different(self, *, model: str, version: str) -> tuple[Selector, ...]:
        """Return what counts those of them that were not the same."""
        signs = self.profile.mirror
        return (
            ()
            if signs is None or not self.of_copies
            else _all_of(signs.different, self.ratio, model, version)
        )

    def _latency(self, suffix: str, model: str, version: str) -> tuple[Selector, ...]:
        if self.latency is None:
            return ()
        return (_of(self.latency.family.where(suffix=suffix), self.latency, model, version),)


def read_service(profile: ServerProfile, pages: Sequence[Page], *, model: str) -> Reading | None:
    """Return how to count a service; None while its pages show nothing that counts requests.

    What a version label tells apart is preferred to what it does not, and then what is nearer to
    the client.
    """
    held = hold_against(profile, pages, "", ())
    present = [one for found in held.found for one in (found.indicator, *found.also)]
    ratios = [one for one in present if isinstance(one, Ratio) and one.form is Form.COUNTER]
    if not ratios:
        return None
    ratio = min(ratios, key=lambda one: (not one.version, one.source))
    times = [
        one
        for one in present
        if isinstance(one, Distribution)
        and one.name == LATENCY
        and one.shape is Shape.HISTOGRAM
        and (bool(one.version) or not ratio.version)
    ]
    latency = min(times, key=lambda one: one.source, default=None)
    return Reading(
        profile=profile,
        ratio=ratio,
        by_label=bool(ratio.version),
        latency=latency,
        edges={} if latency is None else _edges(latency, pages, model),
        mirrored=_mirrored(profile, pages, model),
    )


def _mirrored(profile: ServerProfile, pages: Sequence[Page], model: str) -> Reading | None:
    """Return how mirrored requests are counted; None where the pages do not tell of them."""
    signs = profile.mirror
    edges = {} if signs is None else _edges(signs.latency, pages, model)
    if signs is None or not edges:
        return None
    return Reading(
        profile=profile,
        ratio=signs.ratio,
        by_label=bool(signs.ratio.version),
        latency=signs.latency,
        edges=edges,
        of_copies=True,
    )


def held_requests(profile: ServerProfile, page: Page) -> float:
    """Return how many requests a replica holds just now, queued ones included."""
    levels = [one for one in profile.levels if one.name in profile.held]
    chosen: dict[str, Level] = {}
    names = {name for name, _ in page.layout.series}
    for level in levels:
        if any(selector.name in names for selector in level.series):
            chosen.setdefault(level.name, level)
    selectors = [selector for level in chosen.values() for selector in level.series]
    wanted = {selector.name for selector in selectors}
    values: list[float] = page.values.tolist()
    return sum(
        value
        for (name, labels), value in zip(page.layout.series, values, strict=True)
        if name in wanted
        and value < inf  # False for what is not a number
        and any(selector.selects(name, labels) for selector in selectors)
    )


def level_of(page: Page, level: Level, *, model: str, version: str) -> float | None:
    """Return how high a level is on one page, in its own unit; None where the page does not say.

    Several series are cards, queues or processes of one server: shares and temperatures are
    averaged, everything else is added. A series without a label for the version is all versions'.
    """
    selectors = [s.narrowed({level.model: model} if level.model else {}) for s in level.series]
    wanted = {selector.name for selector in selectors}
    values: list[float] = page.values.tolist()
    found = [
        value * level.scale
        for (name, labels), value in zip(page.layout.series, values, strict=True)
        if name in wanted
        and -inf < value < level.blank  # False for what is not a number
        and labels.get(level.version, version) == version
        and any(selector.selects(name, labels) for selector in selectors)
    ]
    if not found:
        return None
    return fmean(found) if level.unit in AVERAGED else sum(found)


def _of(selector: Selector, by: Ratio | Distribution, model: str, version: str) -> Selector:
    labels = {}
    if by.model:
        labels[by.model] = model
    if by.version:
        labels[by.version] = version
    return selector.where(**labels)


def _all_of(
    selectors: Sequence[Selector], by: Ratio, model: str, version: str
) -> tuple[Selector, ...]:
    return tuple(_of(each, by, model, version) for each in selectors)


def _edges(latency: Distribution, pages: Sequence[Page], model: str) -> Mapping[float, str]:
    bucket = latency.family.where(suffix="_bucket")
    if latency.model:
        bucket = bucket.where(**{latency.model: model})
    written = {
        labels["le"]
        for page in pages
        for name, labels in page.layout.series
        if name == bucket.name and "le" in labels and bucket.selects(name, labels)
    }
    edges = {edge: le for le in sorted(written) if (edge := latency.scaled(le)) < inf}
    return dict(sorted(edges.items()))
