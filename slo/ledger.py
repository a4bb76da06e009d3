"""Running sums of what selectors match, fed by pages and exact through resets and restarts.

A tally is one such sum, by source (a page that is read again and again). It counts from the first
page after it was defined: what that page already shows happened before. Only on the very first page
of a source whose process began after we began to watch does everything count. A snapshot holds the
sums together with the raw values they rest on, so a ledger restored from an old snapshot adds
exactly what was missed.
"""

import zlib
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import orjson

from slo.blends import Blends
from slo.label_parts import PartBook, Split, part_values
from slo.period_counts import PeriodGain
from slo.selector import Selector
from slo.slices import Slices
from slo.source_memory import NOTHING, Observation, Series, SourceMemory
from slo.sums import Sums
from slo.tally import Tally
from slo.threshold import Readings

__all__ = ["Ledger"]


OWN = ""
"""Where a snapshot holds what is of no page, as the slices that are open: no page is called so."""

PAST = "(past)"
"""Stands for what happened before we watched, where a source with a longer memory told it."""


class Ledger:
    """Tallies by key. See the module for what exactly they count.

    Attributes:
        sums: What every tally counted, over all sources.
        slices: Of time, cut out of some of the sums.
        blends: Sums that are made of other sums.
        began: When each sum was first looked at, Unix seconds; whoever looks says so.
    """

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}
        self.sums = Sums()
        self._sources: dict[str, SourceMemory] = {}
        self._parts = PartBook()
        self.slices = Slices()
        self.blends = Blends()
        self.began: dict[str, float] = {}
        self._made: set[str] = set()

    def define(
        self,
        key: str,
        selectors: tuple[Selector, ...],
        *,
        sources: Iterable[str] | None = None,
        periodic: bool = False,
        readings: Readings | None = None,
        split: Split | None = None,
        heir_of: str = "",
    ) -> None:
        """Count what these selectors match, on these sources or on all; again is no change.

        ``periodic`` says that they are no counters, but figures given anew for each period;
        ``readings`` that they are gauges, and which of their readings count; ``split`` that each
        part by some labels is counted too, under a key of its own; ``heir_of`` that it is a narrower
        tally, which goes on from where a wider one of that key stands. Other selectors under
        the same key go on from the same sum: what they newly match counts from the next page on.
        """
        tally = Tally(
            selectors=selectors,
            sources=None if sources is None else frozenset(sources),
            periodic=periodic,
            readings=readings,
            split=split,
            heir_of=heir_of,
        )
        self.sums.column(key)
        if split is not None:
            self._parts.learn(key, split, self.sums.columns)
        if self._tallies.get(key) != tally:
            self._tallies[key] = tally
            for source in self._sources.values():
                source.stale = True

    def stop(self, key: str) -> None:
        """Stop counting; what was counted stays, and is gone on from when it is defined again."""
        self._tallies.pop(key, None)
        self.slices.undefine(key)
        self.blends.undefine(key, self.sums)
        for source in self._sources.values():
            source.stop(key)

    def undefine(self, key: str) -> None:
        """Stop counting, and forget what was counted."""
        self._tallies.pop(key, None)
        for gone in (key, *part_values(self.sums.columns, key).values()):
            self.sums.drop(gone)
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
        at: float | None = None,
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
            at: When the page is of, where it is read late, Unix seconds: what it brought is told as of
                then, and a page that is no newer than the one before is passed over.
        """
        memory = self._sources.setdefault(source, SourceMemory(source))
        if at is not None and memory.until is not None and at <= memory.until:
            return NOTHING
        before = None if at is None else memory.worth()
        memory.compile(series, self._tallies, self.sums, self._parts)
        memory.add_readings(values, self.sums)
        found = memory.add(values, self.sums, started=started, watched_since=watched_since)
        if memory.periods.counts:
            seen = memory.add_periods(values, stamps, self.sums, watched_since=watched_since)
            refused = found.refused + seen.refused
            found = replace(found, refused=refused, untimed=seen.untimed, periods=seen.gains)
        if at is None or before is None:
            return found
        memory.until = at
        gains = ((key, worth - before.get(key, 0.0)) for key, worth in memory.worth().items())
        return replace(
            found, periods=tuple(PeriodGain(key=k, at=at, gained=more) for k, more in gains if more)
        )

    def add_past(self, key: str, gained: float) -> None:
        """Add to a sum what happened before it was counted here."""
        memory = self._sources.setdefault(PAST, SourceMemory(PAST))
        memory.sums[key] = memory.sums.get(key, 0.0) + gained
        self.sums.add(np.array([self.sums.column(key)]), np.array([gained]))
        self.blends.add(key, gained)

    def past(self, key: str) -> float:
        """Return what was added to a sum of the time before it was counted here."""
        memory = self._sources.get(PAST)
        return 0.0 if memory is None else memory.sums.get(key, 0.0)

    def blend(self) -> None:
        """Bring the sums that are made of others up to date."""
        self.blends.bring(self.sums)

    def until(self, source: str) -> float | None:
        """Return when the newest page of a source is of, where its pages are read late."""
        memory = self._sources.get(source)
        return None if memory is None else memory.until

    def rewind(self, source: str, at: float) -> None:
        """Take a source's pages from a moment on again: its tallies must have been stopped before."""
        memory = self._sources.get(source)
        if memory is not None:
            memory.until = at

    def sources_of(self, prefix: str) -> frozenset[str]:
        """Return the sources whose names begin so."""
        return frozenset(name for name in self._sources if name.startswith(prefix))

    def names(self, source: str) -> set[str]:
        """Return the names of the series that some tally counts on a source."""
        wanted = (tally for tally in self._tallies.values() if tally.wants(source))
        return {selector.name for tally in wanted for selector in tally.selectors}

    def value(self, key: str) -> float:
        """Return what a tally counted, over all sources; 0 when it is not defined."""
        return self.sums.get(key)

    def by_source(self, key: str) -> dict[str, float]:
        """Return what a tally counted by source."""
        for source in self._sources.values():
            source.fold()
        return {
            name: source.sums[key] for name, source in self._sources.items() if key in source.sums
        }

    def values(self) -> dict[str, float]:
        """Return every tally's sum over all sources."""
        return self.sums.by_key()

    def snapshot(self) -> bytes:
        """Return everything that `restore` needs; definitions are not in it."""
        self.blend()
        self._made |= self.slices.keys | self.blends.keys
        worth = {key: self.sums.get(key) for key in self._made}
        own = {"open": self.slices.state, "worth": worth, "began": self.began}
        state: dict[str, object] = {OWN: own}
        for name, source in self._sources.items():
            source.remember()
            source.fold()
            for key in worth.keys() & source.sums.keys():
                worth[key] -= source.sums[key]
            state[name] = {
                "started": source.started,
                "sums": source.sums,
                "raw": source.raw,
                "counted": source.counted,
                "until": source.until,
                "periods": source.periods.last,
            }
        return zlib.compress(orjson.dumps(state), level=1)

    @classmethod
    def restore(cls, snapshot: bytes) -> "Ledger":
        """Return a ledger that goes on from a snapshot once its tallies are defined again."""
        ledger = cls()
        saved = orjson.loads(zlib.decompress(snapshot))
        own = saved.pop(OWN, {"open": {}, "worth": {}})
        ledger.slices.state, ledger._made = own["open"], set(own["worth"])
        ledger.began = own.get("began", {})
        for key, value in own["worth"].items():
            ledger.sums.add(np.array([ledger.sums.column(key)]), np.array([value]))
        for name, state in saved.items():
            source = ledger._sources[name] = SourceMemory(name)
            source.known, source.started = True, state["started"]
            source.sums, source.raw = state["sums"], state["raw"]
            source.counted, source.until = state["counted"], state.get("until")
            source.periods.last = state.get("periods", {})
            for key, value in source.sums.items():
                ledger.sums.add(np.array([ledger.sums.column(key)]), np.array([value]))
        return ledger
