"""Running sums of what selectors match, fed by pages and exact through resets and restarts.

A tally is one such sum, by source (a page that is read again and again). It counts from the first
page after it was defined: what that page already shows happened before. Only on the very first page
of a source whose process began after we began to watch does everything count. A snapshot holds the
sums together with the raw values they rest on, so a ledger restored from an old snapshot adds
exactly what was missed.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import orjson

from slo.counter import increase
from slo.period_counts import PeriodGain, PeriodMemory, PeriodsSeen
from slo.selector import Selector
from slo.tally import Tally

__all__ = ["Ledger", "Observation"]

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


class _Source:
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
        self.periods = PeriodMemory()
        self._series: Series | None = None
        self._keys: dict[str, str] = {}
        self._positions: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._owners: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._names: list[tuple[str, str]] = []
        self._previous: npt.NDArray[np.float64] = np.empty(0)
        self._first: npt.NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._awaits_first = False

    def compile(self, series: Series, tallies: Mapping[str, Tally]) -> None:
        """Work out which position of the page goes into which tally."""
        if series is self._series and not self.stale:
            return
        self.remember()
        mine = {key: tally for key, tally in tallies.items() if tally.wants(self.name)}
        periodic = {key: tally.counts for key, tally in mine.items() if tally.periodic}
        self.periods.compile(series, periodic, _series_key)
        wanted = {key: tally for key, tally in mine.items() if not tally.periodic}
        pairs = [
            (position, owner, (key, _series_key(name, labels)))
            for owner, (key, tally) in enumerate(wanted.items())
            for position, (name, labels) in enumerate(series)
            if tally.counts(name, labels)
        ]
        self._keys = {key: tally.text for key, tally in wanted.items()}
        self._positions = np.array([pair[0] for pair in pairs], dtype=np.int64)
        self._owners = np.array([pair[1] for pair in pairs], dtype=np.int64)
        self._names = [pair[2] for pair in pairs]
        known = [self.raw.get(key, {}).get(name, np.nan) for key, name in self._names]
        self._previous = np.array(known, dtype=np.float64)
        new = {key for key, text in self._keys.items() if self.counted.get(key) != text}
        fresh = np.array([key in new for key, _ in self._names], dtype=np.bool_)
        self._first = fresh & np.isnan(self._previous)
        self._awaits_first = bool(self._first.any())
        self._series, self.stale = series, False

    def add_periods(
        self,
        values: npt.NDArray[np.float64],
        stamps: npt.NDArray[np.float64] | None,
        totals: dict[str, float],
        *,
        watched_since: float,
    ) -> PeriodsSeen:
        """Count the per-period figures of one page."""
        seen = self.periods.add(values, stamps, watched_since=watched_since)
        for gain in seen.gains:
            self.sums[gain.key] = self.sums.get(gain.key, 0.0) + gain.gained
            totals[gain.key] = totals.get(gain.key, 0.0) + gain.gained
        return seen

    def add(
        self,
        values: npt.NDArray[np.float64],
        totals: dict[str, float],
        *,
        started: float | None,
        watched_since: float,
    ) -> Observation:
        """Count the counters of one page, here and in the totals of all pages."""
        restarted = _later(started, self.started)
        if not self._names and not restarted and self.known:
            self.counted.update(self._keys)
            return NOTHING
        found = increase(self._previous, values[self._positions], restarted=restarted)
        gained = found.gained
        if self._awaits_first:
            whole = not self.known and _later(started, watched_since)
            gained = gained if whole else np.where(self._first, 0.0, gained)
            # A value that was refused is no beginning either: it stays to be awaited.
            self._first &= np.isnan(found.remembered)
            self._awaits_first = bool(self._first.any())
        more = np.bincount(self._owners, weights=gained, minlength=len(self._keys))
        for key, gain in zip(self._keys, more.tolist(), strict=True):
            self.sums[key] = self.sums.get(key, 0.0) + gain
            totals[key] = totals.get(key, 0.0) + gain
        if restarted:
            # A series that is not on this page began anew as well: it will count from zero.
            self.raw.clear()
        self.counted.update(self._keys)
        self._previous = found.remembered
        self.started, self.known = self.started if started is None else started, True
        return Observation(resets=found.resets, refused=found.refused)

    def remember(self) -> None:
        """Write the compiled raw values back by name; a series that is gone keeps its last one."""
        for (key, name), value in zip(self._names, self._previous.tolist(), strict=True):
            if value == value:  # noqa: PLR0124 -- NaN: the series has not been seen
                self.raw.setdefault(key, {})[name] = value

    def forget(self, key: str) -> None:
        """Drop one tally."""
        self.remember()
        self._names, self._previous = [], np.empty(0)
        self.sums.pop(key, None)
        self.raw.pop(key, None)
        self.periods.last.pop(key, None)
        self.counted.pop(key, None)
        self.stale = True


class Ledger:
    """Tallies by key. See the module for what exactly they count."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}
        self._totals: dict[str, float] = {}
        self._sources: dict[str, _Source] = {}

    def define(
        self,
        key: str,
        selectors: tuple[Selector, ...],
        *,
        sources: Iterable[str] | None = None,
        periodic: bool = False,
    ) -> None:
        """Count what these selectors match, on these sources or on all; again is no change.

        ``periodic`` says that they are no counters, but figures given anew for each period. Other selectors under the same key go on from the same sum: what they newly match counts
        from the next page on.
        """
        tally = Tally(
            selectors=selectors,
            sources=None if sources is None else frozenset(sources),
            periodic=periodic,
        )
        if self._tallies.get(key) != tally:
            self._tallies[key] = tally
            for source in self._sources.values():
                source.stale = True

    def undefine(self, key: str) -> None:
        """Stop counting, and forget what was counted."""
        self._tallies.pop(key, None)
        self._totals.pop(key, None)
        for source in self._sources.values():
            source.forget(key)

    def observe(
        self,
        source: str,
        series: Series,
        values: npt.NDArray[np.float64],
        *,
        started: float | None,
        watched_since: float,
        stamps: npt.NDArray[np.float64] | None = None,
    ) -> Observation:
        """Count one page of a source.

        Args:
            source: Name of the page.
            series: Names and labels, in the order of the values; hand over the same object for as
                long as the page's layout stays, so that matching is done only once.
            values: What the page shows, shape (len(series),).
            started: When its process began, Unix seconds; None when it does not say.
            watched_since: When watching began: what began later is counted from its beginning.
            stamps: When each value is of, where the page says so; NaN where it does not.
        """
        memory = self._sources.setdefault(source, _Source(source))
        memory.compile(series, self._tallies)
        found = memory.add(values, self._totals, started=started, watched_since=watched_since)
        if not memory.periods.counts:
            return found
        seen = memory.add_periods(values, stamps, self._totals, watched_since=watched_since)
        return replace(
            found,
            refused=found.refused + seen.refused,
            untimed=seen.untimed,
            periods=seen.gains,
        )

    def names(self, source: str) -> set[str]:
        """Return the names of the series that some tally counts on a source."""
        wanted = (tally for tally in self._tallies.values() if tally.wants(source))
        return {selector.name for tally in wanted for selector in tally.selectors}

    def value(self, key: str) -> float:
        """Return what a tally counted, over all sources; 0 when it is not defined."""
        return self._totals.get(key, 0.0)

    def by_source(self, key: str) -> dict[str, float]:
        """Return what a tally counted by source."""
        return {
            name: source.sums[key] for name, source in self._sources.items() if key in source.sums
        }

    def values(self) -> dict[str, float]:
        """Return every tally's sum over all sources."""
        return dict.fromkeys(self._tallies, 0.0) | self._totals

    def snapshot(self) -> bytes:
        """Return everything that `restore` needs; definitions are not in it."""
        state = {}
        for name, source in self._sources.items():
            source.remember()
            state[name] = {
                "started": source.started,
                "sums": source.sums,
                "raw": source.raw,
                "counted": source.counted,
                "periods": source.periods.last,
            }
        return zlib.compress(orjson.dumps(state), level=1)

    @classmethod
    def restore(cls, snapshot: bytes) -> "Ledger":
        """Return a ledger that goes on from a snapshot once its tallies are defined again."""
        ledger = cls()
        for name, state in orjson.loads(zlib.decompress(snapshot)).items():
            source = ledger._sources[name] = _Source(name)
            source.known, source.started = True, state["started"]
            source.sums, source.raw = state["sums"], state["raw"]
            source.counted = state["counted"]
            source.periods.last = state.get("periods", {})
            for key, value in source.sums.items():
                ledger._totals[key] = ledger._totals.get(key, 0.0) + value
        return ledger


def _series_key(name: str, labels: Mapping[str, str]) -> str:
    return orjson.dumps([name, *sorted(labels.items())]).decode()


def _later(moment: float | None, than: float | None) -> bool:
    return moment is not None and than is not None and moment > than + RESTART_SECONDS
