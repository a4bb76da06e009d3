"""Windows over running sums: what was gained since then is one subtraction, whatever the length."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slo.sums import Sums

__all__ = ["CumulativeRing", "Row"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """The sums as they were at one moment, Unix seconds; read it before the next row comes."""

    at: float
    columns: Mapping[str, int]
    sums: npt.NDArray[np.float64]

    def get(self, key: str, default: float) -> float:
        """Return one sum; the default when nothing of that name was counted then."""
        column = self.columns.get(key)
        return default if column is None else float(self.sums[column])


class CumulativeRing:
    """The newest rows of running sums; the oldest make room.

    Args:
        capacity: How many rows are kept.

    Attributes:
        columns: Which key stands where.
        version: Of the sums that the columns are from.

    Columns are those of the sums, and come and go with their keys. A key that was not there yet stands at 0 in older rows,
    which is what a sum that begins at 0 was then.
    """

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self.columns: Mapping[str, int] = {}
        self.version = -1
        self._times = np.zeros(capacity)
        self._rows = np.zeros((capacity, 0))
        self._oldest = 0
        self._count = 0

    def append(self, at: float, sums: Sums) -> None:
        """Add a row; rows that are not earlier make room, as after a clock was set back.

        Args:
            at: Unix seconds.
            sums: As they stand; the same object with every row.
        """
        if sums.version != self.version:
            self._fit(sums)
        while self._count > self._oldest and at <= self._times[self._place(self._count - 1)]:
            self._count -= 1
        place = self._place(self._count)
        self._times[place] = at
        values = sums.values
        self._rows[place, : len(values)] = values
        self._count += 1
        self._oldest = max(self._oldest, self._count - self._capacity)

    def at(self, moment: float) -> Row | None:
        """Return the newest row at or before a moment; None when none is that old."""
        low, high = self._oldest, self._count
        while low < high:
            middle = (low + high) // 2
            if self._times[self._place(middle)] <= moment:
                low = middle + 1
            else:
                high = middle
        if low == self._oldest:
            return None
        place = self._place(low - 1)
        return Row(at=float(self._times[place]), columns=self.columns, sums=self._rows[place])

    def add_since(self, moment: float, key: str, gained: float) -> None:
        """Add what became known late to every row at or after its moment."""
        column = self.columns.get(key)
        if column is None:
            return
        places = np.arange(self._oldest, self._count) % self._capacity
        before = np.flatnonzero(self._times[places] < moment)
        since = places[before[-1] + 1 :] if len(before) else places
        self._rows[since, column] += gained

    def add_sums(self, key: str, sums_at: Callable[[Floats], Floats]) -> None:
        """Add to a key's column of every row what a function says of the rows' times."""
        column = self.columns.get(key)
        if column is None or self._count == self._oldest:
            return
        places = np.arange(self._oldest, self._count) % self._capacity
        self._rows[places, column] += sums_at(self._times[places])

    def _place(self, number: int) -> int:
        return number % self._capacity

    def _fit(self, sums: Sums) -> None:
        """Take over the columns; one that was given to another key is clean in older rows."""
        lack = len(sums.values) - self._rows.shape[1]
        if lack > 0:
            wider = np.zeros((self._capacity, len(sums.values)))
            if self._count:
                wider[:, :-lack] = self._rows
            self._rows = wider  # untouched memory costs nothing until a row is written
        gone = [column for key, column in self.columns.items() if key not in sums.columns]
        new = [column for key, column in sums.columns.items() if self.columns.get(key) != column]
        self._rows[:, gone + new] = 0.0
        self.columns, self.version = dict(sums.columns), sums.version
