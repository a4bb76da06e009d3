"""One SLO's events over a long time: running sums by moment, so that any window is a difference."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from slo.errors import InvalidCounts
from slo.sli import Counts

__all__ = ["CountHistory", "WindowCounts"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowCounts:
    """Bad and all events of many windows; never more bad ones than there are."""

    bad: Whole
    total: Whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountHistory:
    """Bad and all events, added up since the first moment.

    Attributes:
        times: Unix seconds, rising, shape (n,); at the first, counting begins.
        bad: Sums up to each time, shape (n,).
        total: The same of all events.

    Raises:
        InvalidCounts: The times do not rise, or the shapes differ.
    """

    times: Floats
    bad: Whole
    total: Whole

    def __post_init__(self) -> None:
        """Refuse what is no history."""
        if not len(self.times) == len(self.bad) == len(self.total):
            msg = f"{len(self.times)} moments, {len(self.bad)} and {len(self.total)} sums: they must be as many."
            raise InvalidCounts(msg)
        if len(self.times) > 1 and not np.all(np.diff(self.times) > 0.0):
            msg = "The moments of a history must rise."
            raise InvalidCounts(msg)

    def windows(self, moments: Floats, length: timedelta) -> WindowCounts:
        """Return the counts of a window of this length before each of many moments.

        A window begins at the newest moment that was counted at or before its beginning, and what
        reaches back before the history begins with it: as windows of the running control plane do.
        """
        until, since = self._at(moments), self._at(moments - length.total_seconds())
        return self._between(since, until)

    def window(self, moment: float, length: timedelta) -> Counts:
        """Return the counts of one window that ends at a moment."""
        return self.since(moment - length.total_seconds(), moment)

    def since(self, start: float, end: float) -> Counts:
        """Return the counts from one moment to another."""
        found = self._between(self._at(np.array([start])), self._at(np.array([end])))
        return Counts(good=int(found.total[0] - found.bad[0]), total=int(found.total[0]))

    def sums_at(self, moments: Floats) -> tuple[Whole, Whole]:
        """Return the sums of bad and of all events as of many moments."""
        places = self._at(moments)
        return _or_zero(self.bad, places), _or_zero(self.total, places)

    def without(self, start: float, end: float) -> "CountHistory":
        """Return the history as if nothing had happened between two moments."""
        low, high = self._at(np.array([start, end])).tolist()
        bad, total = (_flattened(sums, low, high) for sums in (self.bad, self.total))
        return CountHistory(times=self.times, bad=bad, total=total)

    def _at(self, moments: Floats) -> Whole:
        """Return which row holds at each moment; -1 before the first."""
        found: Whole = np.searchsorted(self.times, moments, side="right") - 1
        return found

    def _between(self, since: Whole, until: Whole) -> WindowCounts:
        bad, total = (
            _or_zero(sums, until) - _or_zero(sums, since) for sums in (self.bad, self.total)
        )
        return WindowCounts(bad=np.clip(bad, 0, total), total=total)


def _or_zero(sums: Whole, places: Whole) -> Whole:
    """Return the sums at these places, of which those before the first are 0."""
    if not len(sums):
        return np.zeros_like(places)
    found: Whole = np.where(places < 0, 0, sums[np.maximum(places, 0)])
    return found


def _flattened(sums: Whole, low: int, high: int) -> Whole:
    """Return the sums without what they gained from one row to another; -1 is before the first."""
    before = sums[low] if low >= 0 else 0
    gained = (sums[high] if high >= 0 else 0) - before
    level = np.full(high - low, before, dtype=np.int64)
    return np.concatenate((sums[: low + 1], level, sums[high + 1 :] - gained))
