"""What counts as good: a ratio of events, answers within a limit, readings that keep to one."""

from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from slo.errors import InvalidCounts, NoSuchEdge
from slo.selector import Selector
from slo.threshold import Combine, Threshold

__all__ = ["Counts", "LatencySli", "RatioSli", "Sli", "ThresholdSli"]

MOST_TOLD = 24
"""Edges that are told one by one; of more, those next to the limit are."""
NO_PAGE = "one of those of its pages: none was seen yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Good and all events over some time; whole numbers.

    Raises:
        InvalidCounts: More good events than events, or fewer than none.
    """

    good: int
    total: int

    def __post_init__(self) -> None:
        """Refuse what cannot have happened."""
        if not 0 <= self.good <= self.total:
            msg = f"{self.good} good of {self.total} events cannot be: 0 <= good <= total."
            raise InvalidCounts(msg)

    @property
    def bad(self) -> int:
        """Events that were not good."""
        return self.total - self.good

    @property
    def error_ratio(self) -> float | None:
        """Share of bad events; None without traffic, for absence is not health."""
        return self.bad / self.total if self.total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioSli:
    """Good, or bad, events out of all. Exactly one of ``good`` and ``bad`` is given.

    Attributes:
        total: Selectors whose sum is all events.
        good: Of the good ones.
        bad: Of the bad ones.
        periodic: Whether they are no counters but figures that are given anew for each period.
        at_most: Of those that may be good: these and the good ones are a bound on each side.
    """

    total: tuple[Selector, ...]
    good: tuple[Selector, ...] = ()
    bad: tuple[Selector, ...] = ()
    periodic: bool = False
    at_most: tuple[Selector, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the series that it may rest on."""
        return frozenset(each.name for each in (*self.total, *self.good, *self.bad, *self.at_most))

    @property
    def whole(self) -> tuple[Selector, ...]:
        """Return the selectors of which any tells that there is something to count."""
        return self.total

    @property
    def unresolved(self) -> tuple[Selector, ...]:
        """Return the selectors whose series must be seen before it is known what is counted."""
        return ()

    def where(self, labels: Mapping[str, str]) -> "RatioSli":
        """Return the same of series with these labels alone."""
        return replace(
            self,
            total=_narrowed(self.total, labels),
            good=_narrowed(self.good, labels),
            bad=_narrowed(self.bad, labels),
            at_most=_narrowed(self.at_most, labels),
        )

    def __str__(self) -> str:
        part, word = (self.good, "good") if self.good else (self.bad, "bad")
        return f"{word} {_sum(part)} of {_sum(self.total)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySli:
    """Answers within a limit, by a histogram's bucket.

    Attributes:
        histogram: Selector of the histogram's family, without ``_bucket``.
        limit: In the histogram's own unit, which must be an edge of its buckets.
        combine: What a reading is, where the name turns out to be a gauge's.
        bounded: Whether a limit between two edges is counted at the lower one, as good, and at the
            upper one, as what may be good; otherwise it is refused.
    """

    histogram: Selector
    limit: float
    combine: Combine = Combine.EACH
    bounded: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the series that it may rest on."""
        name = self.histogram.name
        return frozenset((name, name + "_bucket", name + "_count"))

    @property
    def whole(self) -> tuple[Selector, ...]:
        """Return the selectors of which any tells that there is something to count."""
        return self.histogram.where(suffix="_count"), self.histogram

    @property
    def unresolved(self) -> tuple[Selector, ...]:
        """Return the selectors whose series must be seen before it is known what is counted."""
        return self.histogram, self.histogram.where(suffix="_bucket")

    def where(self, labels: Mapping[str, str]) -> "LatencySli":
        """Return the same of series with these labels alone."""
        return replace(self, histogram=self.histogram.narrowed(labels))

    def as_gauge(self) -> "ThresholdSli":
        """Return what it means where the pages show a gauge of that name, and no histogram."""
        threshold = Threshold(operator="lte", limit=self.limit)
        return ThresholdSli(series=(self.histogram,), threshold=threshold, combine=self.combine)

    def resolve(self, edges: Iterable[str]) -> RatioSli:
        """Return the ratio that counts it, given the ``le`` labels that the pages show.

        Raises:
            NoSuchEdge: No bucket ends at the limit; the message lists the edges there are.
        """
        written = {edge: limit for edge in set(edges) if (limit := _limit(edge)) is not None}
        below = max((each for each in written.values() if each <= self.limit), default=None)
        above = min((each for each in written.values() if each >= self.limit), default=None)
        total = (self.histogram.where(suffix="_count"),)
        if below == self.limit:
            return RatioSli(good=self._buckets(written, below), total=total)
        if self.bounded and below is not None and above is not None:
            good, at_most = self._buckets(written, below), self._buckets(written, above)
            return RatioSli(good=good, total=total, at_most=at_most)
        raise NoSuchEdge(self.no_edge(written.values()))

    def no_edge(self, edges: Iterable[float]) -> str:
        """Return why it cannot be counted, with the edges there are, or the nearest of many."""
        known = sorted(set(edges))
        use = f"one of {', '.join(map(_text, known))}" if known else NO_PAGE
        if len(known) > MOST_TOLD:
            above = bisect(known, self.limit)
            near = " or ".join(map(_text, known[max(above - 1, 0) : above + 1]))
            use = f"{near}, the nearest of {len(known)}, or trimtab.dev/between-edges: bound"
        return f"No bucket of {self.histogram} ends at {self.limit:g}. Use {use}."

    def _buckets(self, written: Mapping[str, float], limit: float) -> tuple[Selector, ...]:
        """Return the bucket; replicas may write its edge in several ways: 0.5 and 0.50."""
        same = sorted(edge for edge, known in written.items() if known == limit)
        return tuple(self.histogram.where(suffix="_bucket", le=edge) for edge in same)

    def __str__(self) -> str:
        bounded = ", or within the edges around it" if self.bounded else ""
        return f"{self.histogram} within {self.limit:.12g}{bounded}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdSli:
    """Readings of a gauge that keep to a limit: each page that shows it is one reading.

    Attributes:
        series: Selectors of the gauges.
        threshold: Which readings are good.
        combine: Whether each series of a page is a reading, or all together are one.
    """

    series: tuple[Selector, ...]
    threshold: Threshold
    combine: Combine = Combine.EACH

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the series that it may rest on."""
        return frozenset(each.name for each in self.series)

    @property
    def whole(self) -> tuple[Selector, ...]:
        """Return the selectors of which any tells that there is something to count."""
        return self.series

    @property
    def unresolved(self) -> tuple[Selector, ...]:
        """Return the selectors whose series must be seen before it is known what is counted."""
        return self.series

    def where(self, labels: Mapping[str, str]) -> "ThresholdSli":
        """Return the same of series with these labels alone."""
        return replace(self, series=_narrowed(self.series, labels))

    def __str__(self) -> str:
        whole = _sum(self.series)
        value = whole if self.combine is Combine.EACH else f"{self.combine}({whole})"
        return f"{value} {self.threshold}"


Sli = RatioSli | LatencySli | ThresholdSli


def _sum(selectors: tuple[Selector, ...]) -> str:
    return " + ".join(map(str, selectors))


def _narrowed(selectors: tuple[Selector, ...], labels: Mapping[str, str]) -> tuple[Selector, ...]:
    return tuple(each.narrowed(labels) for each in selectors)


def _text(edge: float) -> str:
    """Return a number that reads back as the edge, and is short where it can be."""
    return brief if float(brief := f"{edge:g}") == edge else repr(edge)


def _limit(edge: str) -> float | None:
    """Return what a ``le`` label says; None when it is no number."""
    try:
        limit = float(edge)
    except ValueError:
        return None
    return limit if limit == limit else None  # noqa: PLR0124 -- NaN
