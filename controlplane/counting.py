"""Counts of everything that is watched: fed by pages, asked by windows, saved so nothing is lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from controlplane.store.counts import CountStore
from slo import (
    CumulativeRing,
    Ledger,
    Observation,
    PeriodGain,
    Places,
    Readings,
    Row,
    Selector,
    SliceRule,
    Split,
    Sums,
)

__all__ = ["FORGET_AFTER_SECONDS", "Counting", "Span"]

RING_ROWS = 8192
PAST_ROWS = 512
FORGET_AFTER_SECONDS = 400 * 86_400.0
"""Longer than any window: a quarter is the longest that people promise over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What some tallies gained over a time, and how much of the time was really watched."""

    gained: Mapping[str, float]
    covered_seconds: float


class Counting:
    """The ledger, its recent past in memory, and its long past in the store."""

    def __init__(self, store: CountStore, *, now: float) -> None:
        self._store = store
        saved = store.load()
        self._ledger = Ledger() if saved is None else Ledger.restore(saved[1])
        self._defined: dict[str, frozenset[str]] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._ring = CumulativeRing(capacity=RING_ROWS)
        self._recent: dict[float, Row | None] = {}
        self._past: dict[int, Row | None] = {}
        self._aligned: dict[float, npt.NDArray[np.float64]] = {}
        self._places: tuple[Mapping[str, int], Places] | None = None
        self._aligned_version = -1
        self._late: list[PeriodGain] = []
        self._watched_since = now
        self._began = now if saved is None else (store.began() or saved[0])

    def define(
        self,
        key: str,
        selectors: tuple[Selector, ...],
        *,
        sources: Iterable[str],
        periodic: bool = False,
        readings: Readings | None = None,
        split: Split | None = None,
        heir_of: str = "",
    ) -> None:
        """Count what the selectors match on these targets, from now on or from what was saved."""
        self._defined[key] = frozenset(sources)
        self._ledger.define(
            key,
            selectors,
            sources=self._defined[key],
            periodic=periodic,
            readings=readings,
            split=split,
            heir_of=heir_of,
        )
        self._names.clear()

    def blend(self, key: str, terms: Mapping[str, int], *, sources: Iterable[str]) -> None:
        """Make a sum of others, so many times each."""
        self._defined[key] = frozenset(sources)
        self._ledger.blends.define(key, terms)
        self._ledger.blends.bring(self._ledger.sums)

    def cut(self, rule: SliceRule, *, sources: Iterable[str]) -> None:
        """Count slices of time, cut out of what the rule names."""
        self._defined[rule.good] = self._defined[rule.all] = frozenset(sources)
        self._ledger.slices.define(rule)
        for key in (rule.good, rule.all):
            self._ledger.sums.column(key)

    def defines(self, key: str) -> bool:
        """Whether this key is being counted."""
        return key in self._defined

    def sources(self, key: str) -> frozenset[str]:
        """Return the targets that a key is counted on; empty when it is not counted."""
        return self._defined.get(key, frozenset())

    def names(self, source: str) -> frozenset[str]:
        """Return the names of the series that are counted on a target."""
        if source not in self._names:
            self._names[source] = frozenset(self._ledger.names(source))
        return self._names[source]

    def stop(self, key: str) -> None:
        """Stop counting; what was counted stays for when it is promised again."""
        self._ledger.stop(key)
        self._defined.pop(key, None)
        self._names.clear()

    def undefine(self, key: str) -> None:
        """Stop counting, and forget."""
        self._ledger.undefine(key)
        self._defined.pop(key, None)
        self._names.clear()

    def observe(
        self,
        source: str,
        series: Sequence[tuple[str, Mapping[str, str]]],
        values: npt.NDArray[np.float64],
        *,
        started: float | None,
        stamps: npt.NDArray[np.float64] | None = None,
    ) -> Observation:
        """Take one page into account; what it tells of past periods is counted as of then."""
        seen = self._ledger.observe(
            source,
            series,
            values,
            started=started,
            watched_since=self._watched_since,
            stamps=stamps,
        )
        if seen.periods:
            self._look_again()
        for gain in seen.periods:
            self._ring.add_since(gain.at, gain.key, gain.gained)
            self._late.append(gain)
        return seen

    def mark(self, now: float) -> None:
        """Remember the running sums as of now, for windows."""
        self._recent.clear()
        self._ledger.blends.bring(self._ledger.sums)
        self._ledger.slices.pass_time(now, self._ledger.sums)
        self._ring.append(now, self._ledger.sums)

    def value(self, key: str) -> float:
        """Return what was counted since the beginning."""
        return self._ledger.value(key)

    def by_source(self, key: str) -> dict[str, float]:
        """Return the same by target."""
        return self._ledger.by_source(key)

    @property
    def sums(self) -> Sums:
        """Return all sums as they stand, by column."""
        return self._ledger.sums

    def sums_at(self, moment: float) -> npt.NDArray[np.float64] | None:
        """Return all sums as of a moment, in the columns of those that stand now."""
        row, sums = self.row_at(moment), self._ledger.sums
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

    def span(self, keys: Iterable[str], *, now: float, seconds: float) -> Span:
        """Return what tallies gained over the last seconds.

        Recent pasts are exact to the scrape, older ones to the minute. What began within the
        window began at zero, so nothing is lost by asking further back than there is.
        """
        start = now - seconds
        row = self.row_at(start)
        since = self._began if row is None else row.at
        gained = {
            key: self._ledger.value(key) - (0.0 if row is None else row.get(key, 0.0))
            for key in keys
        }
        return Span(gained=gained, covered_seconds=max(0.0, now - since))

    def gained_between(self, keys: Iterable[str], start: float, end: float) -> dict[str, float]:
        """Return what tallies gained from one moment to another, both past."""
        early, late = self.row_at(start), self.row_at(end)
        if late is None:
            return dict.fromkeys(keys, 0.0)
        return {
            key: late.get(key, 0.0) - (0.0 if early is None else early.get(key, 0.0))
            for key in keys
        }

    def row_at(self, moment: float) -> Row | None:
        """Return the sums as of a moment; SLOs that are evaluated together ask for the same ones."""
        if len(self._recent) > PAST_ROWS:
            self._recent.clear()
        if moment not in self._recent:
            self._recent[moment] = self._ring.at(moment) or self._past_row(moment)
        return self._recent[moment]

    def _past_row(self, moment: float) -> Row | None:
        """Return the sums of long ago; all SLOs ask for the same few minutes."""
        minute = int(moment // 60)
        if minute not in self._past:
            if len(self._past) == PAST_ROWS:
                self._past.clear()
            self._past[minute] = self._store.sums_at(moment)
        return self._past[minute]

    def _look_again(self) -> None:
        """Forget rows that were read: what became known late has changed them."""
        self._recent.clear()
        self._past.clear()
        self._aligned.clear()

    def save(self, connection: Connection, *, now: float) -> None:
        """Write everything that a restart needs, inside the caller's transaction."""
        self._store.add_late(connection, self._late, now=now)
        if self._late:
            self._late.clear()
            self._look_again()
        self._store.save(
            connection, now=now, ledger=self._ledger.snapshot(), sums=self._ledger.values()
        )

    def forget_old(self, connection: Connection, *, now: float) -> None:
        """Delete rows that no window can reach."""
        self._store.forget_before(connection, now - FORGET_AFTER_SECONDS)
