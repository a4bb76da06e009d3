"""Rows of running sums by moment: the recent ones in memory, those of long ago in the store."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from controlplane.store.counts import CountStore
from slo import CumulativeRing, PeriodGain, Places, Row, Sums

__all__ = ["CountRows"]

RING_ROWS = 8192
PAST_ROWS = 512
Floats = npt.NDArray[np.float64]


class CountRows:
    """What the sums were, as of any moment.

    Args:
        store: Of the minutes.
        sums: As they stand, always.
    """

    def __init__(self, store: CountStore, sums: Sums) -> None:
        self._store = store
        self._sums = sums
        self._ring = CumulativeRing(capacity=RING_ROWS)
        self._recent: dict[float, Row | None] = {}
        self._past: dict[int, Row | None] = {}
        self._aligned: dict[float, Floats] = {}
        self._places: tuple[Mapping[str, int], Places] | None = None
        self._aligned_version = -1

    def append(self, now: float) -> None:
        """Remember the sums as of now."""
        self._recent.clear()
        self._ring.append(now, self._sums)

    def at(self, moment: float) -> Row | None:
        """Return the sums as of a moment; SLOs that are evaluated together ask for the same ones."""
        if len(self._recent) > PAST_ROWS:
            self._recent.clear()
        if moment not in self._recent:
            self._recent[moment] = self._ring.at(moment) or self._of_long_ago(moment)
        return self._recent[moment]

    def sums_at(self, moment: float) -> Floats | None:
        """Return all sums as of a moment, in the columns of those that stand now."""
        row, sums = self.at(moment), self._sums
        if row is None or (
            self._ring.version == sums.version and row.columns is self._ring.columns
        ):
            return None if row is None else row.sums[: len(sums.values)]
        if self._aligned_version != sums.version or len(self._aligned) > PAST_ROWS:
            self._aligned.clear()
            self._places = None
            self._aligned_version = sums.version
        if row.at not in self._aligned:
            if self._places is None or self._places[0] is not row.columns:
                self._places = row.columns, sums.places(row.columns)
            width = len(sums.values)
            self._aligned[row.at] = self._places[1].bring(row.sums, width=width)
        return self._aligned[row.at]

    def add_late(self, gains: tuple[PeriodGain, ...]) -> None:
        """Add what became known late to every row since its moment."""
        self.look_again()
        for gain in gains:
            self._ring.add_since(gain.at, gain.key, gain.gained)

    def add_sums(self, key: str, sums_at: Callable[[Floats], Floats]) -> None:
        """Add to a key of every row in memory what a function says of the rows' times."""
        self.look_again()
        self._ring.add_sums(key, sums_at)

    def look_again(self) -> None:
        """Forget rows that were read: what became known late has changed them."""
        self._recent.clear()
        self._past.clear()
        self._aligned.clear()

    def _of_long_ago(self, moment: float) -> Row | None:
        """Return the sums of long ago; all SLOs ask for the same few minutes."""
        minute = int(moment // 60)
        if minute not in self._past:
            if len(self._past) == PAST_ROWS:
                self._past.clear()
            self._past[minute] = self._store.sums_at(moment)
        return self._past[minute]
