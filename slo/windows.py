"""Windows over running sums: what was gained since then is one subtraction, whatever the length."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["CumulativeRing", "Row"]


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

    Columns come and go with their keys. A key that was not there yet stands at 0 in older rows,
    which is what a sum that begins at 0 was then.
    """

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._columns: dict[str, int] = {}
        self._times = np.zeros(capacity)
        self._rows = np.zeros((capacity, 0))
        self._oldest = 0
        self._count = 0

    def append(self, at: float, sums: Mapping[str, float]) -> None:
        """Add a row; rows that are not earlier make room, as after a clock was set back."""
        self._fit(sums)
        while self._count > self._oldest and at <= self._times[self._place(self._count - 1)]:
            self._count -= 1
        place = self._place(self._count)
        self._times[place] = at
        self._rows[place] = 0.0
        columns = [self._columns[key] for key in sums]
        self._rows[place, columns] = list(sums.values())
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
        return Row(at=float(self._times[place]), columns=self._columns, sums=self._rows[place])

    def add_since(self, moment: float, key: str, gained: float) -> None:
        """Add what became known late to every row at or after its moment."""
        column = self._columns.get(key)
        if column is None:
            return
        for number in range(self._count - 1, self._oldest - 1, -1):
            place = self._place(number)
            if self._times[place] < moment:
                return
            self._rows[place, column] += gained

    def _place(self, number: int) -> int:
        return number % self._capacity

    def _fit(self, sums: Mapping[str, float]) -> None:
        """Give every key a column, and take back those of keys that are gone."""
        if sums.keys() == self._columns.keys():
            return
        kept = {key: column for key, column in self._columns.items() if key in sums}
        free = sorted(set(range(self._rows.shape[1])) - set(kept.values()))
        new = [key for key in sums if key not in kept]
        lack = len(new) - len(free)
        if lack > 0:
            width = self._rows.shape[1]
            free += list(range(width, width + lack))
            self._rows = np.hstack((self._rows, np.zeros((self._capacity, lack))))
        for key, column in zip(new, free, strict=False):
            self._rows[:, column] = 0.0
            kept[key] = column
        self._columns = kept
