"""What is remembered of one page: the last raw value of each counted series, and the sums so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

from slo.counter import increase
from slo.label_parts import PartBook, part_values
from slo.period_counts import PeriodGain, PeriodMemory, PeriodsSeen
from slo.series_index import SeriesIndex
from slo.sums import Sums
from slo.tally import Tally
from slo.threshold import Readings

__all__ = ["NOTHING", "Observation", "Series", "SourceMemory"]

Series = Sequence[tuple[str, Mapping[str, str]]]
RESTART_SECONDS = 1.0
"""Start times that differ by less are one start, read with different rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one page brought.

    Attributes:
        resets: Counters that began anew.
        refused: Values that no counter can have.
        untimed: Per-period counts without a time of their own, which cannot be counted.
        periods: Periods that were counted, with their times.
    """

    resets: int
    refused: int
    untimed: int = 0
    periods: tuple[PeriodGain, ...] = ()


NOTHING = Observation(resets=0, refused=0)


class SourceMemory:
    """One page's memory: the last raw value of each counted series, and the sums so far.

    ``pairs`` is compiled once for each layout and set of tallies: which positions of the page go
    into which tally. Nothing else is looked at on the hot path.

    Args:
        name: Of the page.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.known = False
        self.started: float | None = None
        self.sums: dict[str, float] = {}
        self.raw: dict[str, dict[str, float]] = {}
        self.counted: dict[str, str] = {}
        self.stale = True
        self.until: float | None = None
        self.periods = PeriodMemory()
        self._series: Series | None = None
        self._texts: dict[str, str] = {}
        self._keys: list[str] = []
        self._columns: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._gained: npt.NDArray[np.float64] = np.empty(0)
        self._positions: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._owners: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._names: list[tuple[str, str]] = []
        self._previous: npt.NDArray[np.float64] = np.empty(0)
        self._first: npt.NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._awaits_first = False
        self._gauges: list[tuple[str, Readings, npt.NDArray[np.int64]]] = []

    def compile(
        self, series: Series, tallies: Mapping[str, Tally], totals: Sums, parts: PartBook
    ) -> None:
        """Work out which position of the page goes into which tally."""
        if series is self._series and not self.stale:
            return
        self.remember()
        self.fold()
        index = SeriesIndex(series)
        mine = {key: tally for key, tally in tallies.items() if tally.wants(self.name)}
        periodic = {key: tally.counts for key, tally in mine.items() if tally.periodic}
        self.periods.compile(series, periodic, _series_key)
        shares = {
            key: self._shares(series, index.positions(tally.selectors), key, tally, parts)
            for key, tally in mine.items()
            if not tally.periodic
        }
        self._gauges = [
            (share, tally.readings, np.array(positions, dtype=np.int64))
            for key, tally in mine.items()
            if tally.readings is not None
            for share, positions in shares[key].items()
        ]
        wanted = {key: mine[key] for key in shares if mine[key].readings is None}
        owned = [(key, *share) for key in wanted for share in shares[key].items()]
        self._texts = {key: tally.text for key, tally in wanted.items()}
        self._inherit(wanted)
        self._keys = [share for _, share, _ in owned]
        self._columns = np.array([totals.column(key) for key in self._keys], dtype=np.int64)
        self._gained = np.zeros(len(self._keys))
        self._compile_pairs(series, [(key, positions) for key, _, positions in owned])
        self._series, self.stale = series, False

    def _inherit(self, wanted: Mapping[str, Tally]) -> None:
        """Begin a narrower tally where the wider one stands, so that no first event is lost."""
        for key, tally in wanted.items():
            if tally.heir_of in self.counted and key not in self.counted:
                self.raw[key] = dict(self.raw.get(tally.heir_of, {}))
                self.counted[key] = tally.text

    def _compile_pairs(self, series: Series, owned: Sequence[tuple[str, list[int]]]) -> None:
        """Lay out positions and what they showed last, by the tally that remembers them.

        A part is compared with the same values as its whole: they are remembered but once.
        """
        pairs = [
            (position, owner, (key, _series_key(*series[position])))
            for owner, (key, positions) in enumerate(owned)
            for position in positions
        ]
        self._positions = np.array([pair[0] for pair in pairs], dtype=np.int64)
        self._owners = np.array([pair[1] for pair in pairs], dtype=np.int64)
        self._names = [pair[2] for pair in pairs]
        known = [self.raw.get(key, {}).get(name, np.nan) for key, name in self._names]
        self._previous = np.array(known, dtype=np.float64)
        new = {key for key, text in self._texts.items() if self.counted.get(key) != text}
        fresh = np.array([key in new for key, _ in self._names], dtype=np.bool_)
        self._first = fresh & np.isnan(self._previous)
        self._awaits_first = bool(self._first.any())

    def _shares(
        self, series: Series, positions: list[int], key: str, tally: Tally, parts: PartBook
    ) -> dict[str, list[int]]:
        """Return which positions go into a tally, and which into each of its parts."""
        found = {key: positions}
        if tally.split is None:
            return found
        for position in positions:
            values = tally.split.values(series[position][1], self.name)
            found.setdefault(parts.key(key, tally.split, values), []).append(position)
        return found

    def add_readings(self, values: npt.NDArray[np.float64], totals: Sums) -> None:
        """Count the readings of one page: what a gauge shows, every time it is looked at."""
        for key, readings, positions in self._gauges:
            self._add_one(totals, key, readings.count(values[positions]))

    def add_periods(
        self,
        values: npt.NDArray[np.float64],
        stamps: npt.NDArray[np.float64] | None,
        totals: Sums,
        *,
        watched_since: float,
    ) -> PeriodsSeen:
        """Count the per-period figures of one page."""
        seen = self.periods.add(values, stamps, watched_since=watched_since)
        for gain in seen.gains:
            self._add_one(totals, gain.key, gain.gained)
        return seen

    def add(
        self,
        values: npt.NDArray[np.float64],
        totals: Sums,
        *,
        started: float | None,
        watched_since: float,
    ) -> Observation:
        """Count the counters of one page, here and in the totals of all pages."""
        restarted = _later(started, self.started)
        if not self._names and not restarted and self.known:
            self.counted.update(self._texts)
            return NOTHING
        found = increase(self._previous, values[self._positions], restarted=restarted)
        gained = found.gained
        if self._awaits_first:
            whole = not self.known and _later(started, watched_since)
            gained = gained if whole else np.where(self._first, 0.0, gained)
            # A value that was refused is no beginning either: it stays to be awaited.
            self._first &= np.isnan(found.remembered)
            self._awaits_first = bool(self._first.any())
        more = np.bincount(self._owners, gained, minlength=len(self._keys)).astype(np.float64)
        self._gained += more
        totals.add(self._columns, more)
        if restarted:
            # A series that is not on this page began anew as well: it will count from zero.
            self.raw.clear()
        self.counted.update(self._texts)
        self._previous = found.remembered
        self.started, self.known = self.started if started is None else started, True
        return Observation(resets=found.resets, refused=found.refused)

    def _add_one(self, totals: Sums, key: str, gained: float) -> None:
        self.sums[key] = self.sums.get(key, 0.0) + gained
        totals.add(np.array([totals.column(key)]), np.array([gained]))

    def worth(self) -> dict[str, float]:
        """Return the sums so far by key."""
        self.fold()
        return dict(self.sums)

    def fold(self) -> None:
        """Bring the sums by key up to date with what was added since, which is kept in an array."""
        for key, gained in zip(self._keys, self._gained.tolist(), strict=True):
            self.sums[key] = self.sums.get(key, 0.0) + gained
        self._gained[:] = 0.0

    def remember(self) -> None:
        """Write the compiled raw values back by name; a series that is gone keeps its last one."""
        for (key, name), value in zip(self._names, self._previous.tolist(), strict=True):
            if value == value:  # noqa: PLR0124 -- NaN: the series has not been seen
                self.raw.setdefault(key, {})[name] = value

    def stop(self, key: str) -> None:
        """Let go of what one tally goes on from; its sums stay."""
        self.remember()
        self.fold()
        self._names, self._previous = [], np.empty(0)
        self._texts, self._keys, self._gained = {}, [], np.empty(0)
        self.raw.pop(key, None)
        self.periods.last.pop(key, None)
        self.counted.pop(key, None)
        self.stale = True

    def forget(self, key: str) -> None:
        """Drop one tally."""
        self.stop(key)
        for gone in (key, *part_values(self.sums, key).values()):
            self.sums.pop(gone, None)


def _series_key(name: str, labels: Mapping[str, str]) -> str:
    return orjson.dumps([name, *sorted(labels.items())]).decode()


def _later(moment: float | None, than: float | None) -> bool:
    return moment is not None and than is not None and moment > than + RESTART_SECONDS
