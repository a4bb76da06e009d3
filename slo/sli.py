"""What counts as good: a ratio of events, or answers within a limit."""

from collections.abc import Iterable
from dataclasses import dataclass

from slo.errors import NoSuchEdge
from slo.selector import Selector

__all__ = ["Counts", "LatencySli", "RatioSli", "Sli"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Good and all events over some time; whole numbers, good never above total."""

    good: int
    total: int

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
    """Good, or bad, events out of all. Exactly one of ``good`` and ``bad`` is given."""

    total: tuple[Selector, ...]
    good: tuple[Selector, ...] = ()
    bad: tuple[Selector, ...] = ()

    def __str__(self) -> str:
        part, word = (self.good, "good") if self.good else (self.bad, "bad")
        return f"{word} {_sum(part)} of {_sum(self.total)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySli:
    """Answers within a limit, by a histogram's bucket.

    Attributes:
        histogram: Selector of the histogram's family, without ``_bucket``.
        limit: In the histogram's own unit, which must be an edge of its buckets.
    """

    histogram: Selector
    limit: float

    def resolve(self, edges: Iterable[str]) -> RatioSli:
        """Return the ratio that counts it, given the ``le`` labels that the pages show.

        Raises:
            NoSuchEdge: No bucket ends at the limit; the message lists the edges there are.
        """
        written = {float(edge): edge for edge in edges}
        if self.limit not in written:
            known = ", ".join(f"{edge:g}" for edge in sorted(written)) or "none seen yet"
            msg = f"No bucket of {self.histogram} ends at {self.limit:g}. Use one of {known}."
            raise NoSuchEdge(msg)
        good = self.histogram.where(suffix="_bucket", le=written[self.limit])
        return RatioSli(good=(good,), total=(self.histogram.where(suffix="_count"),))

    def __str__(self) -> str:
        return f"{self.histogram} within {self.limit:g}"


Sli = RatioSli | LatencySli


def _sum(selectors: tuple[Selector, ...]) -> str:
    return " + ".join(map(str, selectors))
