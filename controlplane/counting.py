"""Counts of everything that is watched: fed by pages, asked by windows, saved so nothing is lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from controlplane.count_rows import CountRows
from controlplane.store.counts import CountStore
from controlplane.store.past_sums import PastSums
from slo import (
    Ledger,
    Observation,
    PeriodGain,
    Readings,
    Row,
    Selector,
    SliceRule,
    Split,
    Sums,
)

__all__ = ["FORGET_AFTER_SECONDS", "Counting", "Span"]

LEAST_SECONDS = 1e-3
FORGET_AFTER_SECONDS = 400 * 86_400.0
"""Longer than any window: a quarter is the longest that people promise over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What some tallies gained over a time, and how much of the time was really watched."""

    gained: Mapping[str, float]
    covered_seconds: float


def _signed(
    past: PastSums, sign: float, moments: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return sign * past.at(moments)


class Counting:
    """The ledger, its recent past in memory, and its long past in the store."""

    def __init__(self, store: CountStore, *, now: float) -> None:
        self._store = store
        saved = store.load()
        self._ledger = Ledger() if saved is None else Ledger.restore(saved[1])
        self._defined: dict[str, frozenset[str]] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._rows = CountRows(store, self._ledger.sums)
        self._late: list[PeriodGain] = []
        self._watched_since = self._marked_at = now
        self._known_version = -1
        self._began = now if saved is None else (store.began() or saved[0])
        if not self._ledger.began:  # written before it was remembered for each key
            self._ledger.began = dict.fromkeys(self._ledger.sums.columns, self._began)

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
        """Add to a sum what others gain, so many times each."""
        self._defined[key] = frozenset(sources)
        self._ledger.blends.define(key, terms, self._ledger.sums)

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
        at: float | None = None,
    ) -> Observation:
        """Take one page into account; what it tells of past periods is counted as of then.

        ``at`` says when a page is of that is read late: all of it is counted as of then.
        """
        seen = self._ledger.observe(
            source,
            series,
            values,
            started=started,
            watched_since=self._watched_since,
            stamps=stamps,
            at=at,
        )
        if seen.periods:
            self._add_late((*seen.periods, *self._ledger.blends.spread(seen.periods)))
        return seen

    def pass_late_time(self, good: str, at: float) -> None:
        """Let time pass for slices whose pages are read late, up to the time of the next page."""
        worth = self._ledger.slices.pass_late_time(good, at, self._ledger.sums)
        if worth:
            self._add_late(worth)

    def _add_late(self, gains: tuple[PeriodGain, ...]) -> None:
        self._rows.add_late(gains)
        self._late += gains

    def add_past(self, pasts: Mapping[str, PastSums]) -> None:
        """Add what happened before some keys were counted here; it is on disk when this returns.

        What is told of the time since counting began is passed over.
        """
        began = {key: self.began(key) for key in pasts}
        before = {key: past.before(began[key]) for key, past in pasts.items()}
        self._shift(before, 1.0, {key: past.since for key, past in before.items()})
        try:
            with self._store.engine.begin() as connection:
                self._store.add_past(connection, before)
                self.save(connection, now=self._marked_at)
        except Exception:
            self._shift(before, -1.0, began)
            raise
        self._began = min(self._began, *(past.since for past in before.values()))

    def _shift(
        self, pasts: Mapping[str, PastSums], sign: float, began: Mapping[str, float]
    ) -> None:
        """Add pasts to what is in memory, or take them out again."""
        for key, past in pasts.items():
            self._ledger.add_past(key, sign * past.whole)
            self._ledger.began[key] = began[key]
            self._rows.add_sums(key, partial(_signed, past, sign))

    def began(self, key: str) -> float:
        """Return since when a key is known of, Unix seconds; the last mark when it is new."""
        return self._ledger.began.get(key, self._marked_at)

    def until(self, source: str) -> float | None:
        """Return when the newest page of a source is of that is read late."""
        return self._ledger.until(source)

    def begin_anew(self, promise_keys: Iterable[str], sources: Iterable[str]) -> None:
        """Let the newest page of sources that are read late be where these keys begin again.

        What is defined anew then goes on from the same sums.
        """
        for key in promise_keys:
            self.stop(key)
        for source in sources:
            newest = self._ledger.until(source)
            if newest is not None:
                self._ledger.rewind(source, newest - LEAST_SECONDS)

    def sources_of(self, prefix: str) -> frozenset[str]:
        """Return the sources whose names begin so."""
        return self._ledger.sources_of(prefix)

    def mark(self, now: float) -> None:
        """Remember the running sums as of now, for windows."""
        self._marked_at = now
        if self._ledger.sums.version != self._known_version:
            began = self._ledger.began
            self._ledger.began = {key: began.get(key, now) for key in self._ledger.sums.columns}
            self._known_version = self._ledger.sums.version
        self._ledger.blend()
        self._ledger.slices.pass_time(now, self._ledger.sums)
        self._rows.append(now)

    def value(self, key: str) -> float:
        """Return what was counted since the beginning."""
        return self._ledger.value(key)

    def counted_here(self, key: str) -> float:
        """Return the same without the past that was told: what only ever rises bit by bit."""
        return self._ledger.value(key) - self._ledger.past(key)

    def by_source(self, key: str) -> dict[str, float]:
        """Return the same by target."""
        return self._ledger.by_source(key)

    @property
    def sums(self) -> Sums:
        """Return all sums as they stand, by column."""
        return self._ledger.sums

    def sums_at(self, moment: float) -> npt.NDArray[np.float64] | None:
        """Return all sums as of a moment, in the columns of those that stand now."""
        return self._rows.sums_at(moment)

    def row_at(self, moment: float) -> Row | None:
        """Return the sums as of a moment; None when nothing that old is known."""
        return self._rows.at(moment)

    def span(self, keys: Iterable[str], *, now: float, seconds: float) -> Span:
        """Return what tallies gained over the last seconds.

        Recent pasts are exact to the scrape, older ones to the minute. What began within the
        window began at zero, so nothing is lost by asking further back than there is.
        """
        start = now - seconds
        row = self._rows.at(start)
        since = self._began if row is None else row.at
        gained = {
            key: self._ledger.value(key) - (0.0 if row is None else row.get(key, 0.0))
            for key in keys
        }
        return Span(gained=gained, covered_seconds=max(0.0, now - since))

    def gained_between(self, keys: Iterable[str], start: float, end: float) -> dict[str, float]:
        """Return what tallies gained from one moment to another, both past."""
        early, late = self._rows.at(start), self._rows.at(end)
        if late is None:
            return dict.fromkeys(keys, 0.0)
        return {
            key: late.get(key, 0.0) - (0.0 if early is None else early.get(key, 0.0))
            for key in keys
        }

    def save(self, connection: Connection, *, now: float) -> None:
        """Write everything that a restart needs, inside the caller's transaction."""
        self._store.add_late(connection, self._late, now=now)
        if self._late:
            self._late.clear()
            self._rows.look_again()
        self._store.save(
            connection, now=now, ledger=self._ledger.snapshot(), sums=self._ledger.values()
        )

    def forget_old(self, connection: Connection, *, now: float) -> None:
        """Delete rows that no window can reach."""
        self._store.forget_before(connection, now - FORGET_AFTER_SECONDS)
