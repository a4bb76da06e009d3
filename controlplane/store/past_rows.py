"""Rows of running sums, rewritten so that what some keys gained before they were counted is in them.

Rows that are there gain it; between those, rows are made so that windows find the past, each with what
the other keys stood at then. Rows are read and written a few at a time, however many there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Select, delete, insert, select

from controlplane.store.past_sums import PastSums
from controlplane.store.tables import count_minute

__all__ = ["SHARD", "Layouts", "PastRows"]

SHARD = 0
"""On one machine there is one shard; the key is there for more."""

ROWS_AT_ONCE = 500
FINE_MINUTES, COARSE = 3 * 1440, 10
Floats = npt.NDArray[np.float64]


class Layouts(Protocol):
    """Knows which keys the sums of a row are of."""

    def layout(self, connection: Connection, keys: Sequence[str]) -> int:
        """Return the number of a layout."""

    def columns_of(self, connection: Connection, layout: int) -> Mapping[str, int]:
        """Return where each key stands."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grown:
    """A layout that has the keys of the pasts, and where the sums of the old one stand in it."""

    layout: int
    places: npt.NDArray[np.int64]
    told: npt.NDArray[np.int64]
    width: int

    def grow(self, sums: Floats) -> Floats:
        """Return sums of the old layout in this one."""
        found = np.zeros(self.width)
        found[self.places] = sums
        return found


class PastRows:
    """Rewrites the rows since some pasts begin.

    Args:
        connection: The caller's transaction.
        pasts: By key.
        layouts: Of rows.
    """

    def __init__(
        self, connection: Connection, pasts: Mapping[str, PastSums], *, layouts: Layouts
    ) -> None:
        self._connection = connection
        self._pasts = pasts
        self._layouts = layouts
        self._grown: dict[int, _Grown] = {}

    def write(self) -> None:
        """Rewrite every row, and make those that are missing."""
        wanted = sorted({minute for past in self._pasts.values() for minute in _minutes(past)})
        stood = self._stood_before(wanted[0])
        first, place = wanted[0], 0
        while True:
            rows = {
                row.minute: (self._grow(row.layout), np.frombuffer(row.sums, dtype="<f8"))
                for row in self._connection.execute(_rows_since(first)).all()
            }
            last = max(rows) if len(rows) == ROWS_AT_ONCE else None
            end = len(wanted) if last is None else int(np.searchsorted(wanted, last, side="right"))
            stood = self._rewrite(rows, wanted[place:end], stood)
            if last is None:
                return
            first, place = last + 1, end

    def _rewrite(
        self,
        rows: Mapping[int, tuple[_Grown, Floats]],
        wanted: Iterable[int],
        stood: tuple[_Grown, Floats],
    ) -> tuple[_Grown, Floats]:
        """Rewrite some rows that follow on one another; return what the last of them was."""
        minutes = sorted(rows.keys() | wanted)
        if not minutes:
            return stood
        ends = (np.array(minutes) + 1.0) * 60.0
        told = np.array([past.at(ends) for past in self._pasts.values()])
        written = []
        for minute, more in zip(minutes, told.T, strict=True):
            stood = rows.get(minute, stood)
            grown, sums = stood[0], stood[0].grow(stood[1])
            if minute not in rows:
                sums[grown.told] = 0.0
            sums[grown.told] += more
            packed = sums.astype("<f8").tobytes()
            row = {"shard": SHARD, "minute": minute, "layout": grown.layout, "sums": packed}
            written.append(row)
        known = count_minute.c.minute.in_(list(rows))
        self._connection.execute(delete(count_minute).where(count_minute.c.shard == SHARD, known))
        self._connection.execute(insert(count_minute), written)
        return stood

    def _stood_before(self, first: int) -> tuple[_Grown, Floats]:
        """Return all sums of the newest row before a minute; none when there is none."""
        query = (
            select(count_minute.c.layout, count_minute.c.sums)
            .where(count_minute.c.shard == SHARD, count_minute.c.minute < first)
            .order_by(count_minute.c.minute.desc())
            .limit(1)
        )
        row = self._connection.execute(query).first()
        if row is None:
            return self._grow_columns({}), np.empty(0)
        return self._grow(row.layout), np.frombuffer(row.sums, dtype="<f8")

    def _grow(self, layout: int) -> _Grown:
        if layout not in self._grown:
            columns = self._layouts.columns_of(self._connection, layout)
            self._grown[layout] = self._grow_columns(columns)
        return self._grown[layout]

    def _grow_columns(self, columns: Mapping[str, int]) -> _Grown:
        names = sorted(columns.keys() | self._pasts.keys())
        places = {name: place for place, name in enumerate(names)}
        return _Grown(
            layout=self._layouts.layout(self._connection, names),
            places=np.array([places[name] for name in columns], dtype=np.int64),
            told=np.array([places[name] for name in self._pasts], dtype=np.int64),
            width=len(names),
        )


def _rows_since(minute: int) -> Select[tuple[int, int, bytes]]:
    return (
        select(count_minute.c.minute, count_minute.c.layout, count_minute.c.sums)
        .where(count_minute.c.shard == SHARD, count_minute.c.minute >= minute)
        .order_by(count_minute.c.minute)
        .limit(ROWS_AT_ONCE)
    )


def _minutes(past: PastSums) -> Iterable[int]:
    """Return the minutes of which rows are wanted: the newest days all, older ones now and then."""
    first, last = int(past.since // 60), int(past.times[-1] // 60)
    fine = max(first, last - FINE_MINUTES)
    yield from range(first - first % COARSE, fine, COARSE)
    yield from range(fine, last + 1)
