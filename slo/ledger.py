"""Running sums of what selectors match, fed by pages and exact through resets and restarts.

A tally is one such sum, by source (a page that is read again and again). It counts from the first
page after it was defined; what that page already shows happened before, unless its process began
only after we began to watch. A snapshot holds the sums together with the raw values they rest on,
so a ledger restored from an old snapshot adds exactly what was missed.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

from slo.counter import increase
from slo.selector import Selector

__all__ = ["Ledger", "Observation"]

Series = Sequence[tuple[str, Mapping[str, str]]]
RESTART_SECONDS = 1.0
"""Start times that differ by less are one start, read with different rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one page brought: counters that began anew, and values no counter can have."""

    resets: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    selectors: tuple[Selector, ...]
    sources: frozenset[str] | None

    def counts(self, source: str, name: str, labels: Mapping[str, str]) -> bool:
        wanted = self.sources is None or source in self.sources
        return wanted and any(selector.selects(name, labels) for selector in self.selectors)


class _Source:
    """One page's memory: the last raw value of each counted series, and the sums so far.

    ``pairs`` is compiled once for each layout and set of tallies: which positions of the page go
    into which tally. Nothing else is looked at on the hot path.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.started: float | None = None
        self.sums: dict[str, float] = {}
        self.raw: dict[str, dict[str, float]] = {}
        self._series: Series | None = None
        self._version = -1
        self._keys: list[str] = []
        self._positions: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._owners: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._names: list[str] = []
        self._previous: npt.NDArray[np.float64] = np.empty(0)
        self._first: npt.NDArray[np.bool_] = np.empty(0, dtype=np.bool_)

    def compile(self, series: Series, tallies: Mapping[str, _Tally], version: int) -> None:
        """Work out which position of the page goes into which tally."""
        if series is self._series and version == self._version:
            return
        self.remember()
        self._keys = [key for key, t in tallies.items() if not t.sources or self.name in t.sources]
        pairs = [
            (position, owner, _series_key(name, labels))
            for owner, key in enumerate(self._keys)
            for position, (name, labels) in enumerate(series)
            if tallies[key].counts(self.name, name, labels)
        ]
        self._positions = np.array([pair[0] for pair in pairs], dtype=np.int64)
        self._owners = np.array([pair[1] for pair in pairs], dtype=np.int64)
        self._names = [pair[2] for pair in pairs]
        raw = [self.raw.get(self._keys[owner], {}) for _, owner, _ in pairs]
        known = [values.get(name, np.nan) for values, name in zip(raw, self._names, strict=True)]
        self._previous = np.array(known, dtype=np.float64)
        fresh = [self._keys[owner] not in self.raw for _, owner, _ in pairs]
        self._first = np.array(fresh, dtype=np.bool_)
        self._series, self._version = series, version

    def add(
        self, values: npt.NDArray[np.float64], *, started: float | None, watched_since: float
    ) -> Observation:
        """Count one page."""
        current = values[self._positions]
        restarted = _later(started, self.started)
        found = increase(self._previous, current, restarted=restarted)
        gained = found.gained
        if self._first.any() and not _later(started, watched_since):
            gained = np.where(self._first, 0.0, gained)
        totals = np.bincount(self._owners, weights=gained, minlength=len(self._keys))
        for key, total in zip(self._keys, totals.tolist(), strict=True):
            self.sums[key] = self.sums.get(key, 0.0) + total
            self.raw.setdefault(key, {})
        if restarted:  # what is not counted just now began anew as well
            self.raw |= {key: {} for key in self.raw if key not in self._keys}
        self._first = np.zeros_like(self._first)
        self._previous = found.remembered
        self.started = started if started is not None else self.started
        return Observation(resets=found.resets, refused=found.refused)

    def remember(self) -> None:
        """Write the compiled raw values back by name; a series that is gone keeps its last one."""
        for owner, name, value in zip(
            self._owners.tolist(), self._names, self._previous.tolist(), strict=True
        ):
            if value == value:  # noqa: PLR0124 -- NaN: the series has not been seen
                self.raw.setdefault(self._keys[owner], {})[name] = value

    def forget(self, key: str) -> None:
        """Drop one tally."""
        self.sums.pop(key, None)
        self.raw.pop(key, None)
        self._version = -1


class Ledger:
    """Tallies by key. See the module for what exactly they count."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self._sources: dict[str, _Source] = {}
        self._version = 0

    def define(
        self, key: str, selectors: tuple[Selector, ...], *, sources: Iterable[str] | None = None
    ) -> None:
        """Count what these selectors match, on these sources or on all; again is no change."""
        tally = _Tally(selectors=selectors, sources=None if sources is None else frozenset(sources))
        if self._tallies.get(key) != tally:
            self._tallies[key] = tally
            self._version += 1

    def undefine(self, key: str) -> None:
        """Stop counting, and forget what was counted."""
        if self._tallies.pop(key, None) is not None:
            self._version += 1
        for source in self._sources.values():
            source.remember()
            source.forget(key)

    def observe(
        self,
        source: str,
        series: Series,
        values: npt.NDArray[np.float64],
        *,
        started: float | None,
        watched_since: float,
    ) -> Observation:
        """Count one page of a source.

        Args:
            source: Name of the page.
            series: Names and labels, in the order of the values; hand over the same object for as
                long as the page's layout stays, so that matching is done only once.
            values: What the page shows, shape (len(series),).
            started: When its process began, Unix seconds; None when it does not say.
            watched_since: When watching began: what began later is counted from its beginning.
        """
        memory = self._sources.setdefault(source, _Source(source))
        memory.compile(series, self._tallies, self._version)
        return memory.add(values, started=started, watched_since=watched_since)

    def value(self, key: str) -> float:
        """Return what a tally counted, over all sources; 0 when it is not defined."""
        return sum(source.sums.get(key, 0.0) for source in self._sources.values())

    def by_source(self, key: str) -> dict[str, float]:
        """Return what a tally counted by source."""
        return {
            name: source.sums[key] for name, source in self._sources.items() if key in source.sums
        }

    def values(self) -> dict[str, float]:
        """Return every tally's sum over all sources."""
        return {key: self.value(key) for key in self._tallies}

    def snapshot(self) -> bytes:
        """Return everything that `restore` needs; definitions are not in it."""
        state = {}
        for name, source in self._sources.items():
            source.remember()
            state[name] = {"started": source.started, "sums": source.sums, "raw": source.raw}
        return zlib.compress(orjson.dumps(state), level=1)

    @classmethod
    def restore(cls, snapshot: bytes) -> "Ledger":
        """Return a ledger that goes on from a snapshot once its tallies are defined again."""
        ledger = cls()
        for name, state in orjson.loads(zlib.decompress(snapshot)).items():
            source = ledger._sources[name] = _Source(name)
            source.started = state["started"]
            source.sums, source.raw = state["sums"], state["raw"]
        return ledger


def _series_key(name: str, labels: Mapping[str, str]) -> str:
    return orjson.dumps([name, *sorted(labels.items())]).decode()


def _later(moment: float | None, than: float | None) -> bool:
    return moment is not None and than is not None and moment > than + RESTART_SECONDS
