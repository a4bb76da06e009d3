"""Running sums by key, side by side in one array: all of them are added to, kept and compared at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Places", "Sums"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where sums that were kept in other columns stand now."""

    mine: npt.NDArray[np.int64]
    theirs: npt.NDArray[np.int64]

    def bring(self, values: npt.NDArray[np.float64], *, width: int) -> npt.NDArray[np.float64]:
        """Return the others' sums in the columns of now; a key that they lack stands at 0."""
        found = np.zeros(width)
        found[self.mine] = values[self.theirs]
        return found


class Sums:
    """Running sums by key.

    A key keeps its column for as long as it is there; the column of a key that was dropped is given
    to the next new one. ``version`` changes whenever a key comes or goes.

    >>> sums = Sums({"good": 3.0})
    >>> sums.add(np.array([sums.column("all"), sums.column("good")]), np.array([5.0, 1.0]))
    >>> sums.get("good"), sums.get("all"), sums.get("bad")
    (4.0, 5.0, 0.0)
    """

    def __init__(self, sums: Mapping[str, float] | None = None) -> None:
        self.version = 0
        self._columns: dict[str, int] = {}
        self._free: list[int] = []
        self._values = np.zeros(16)
        for key, value in (sums or {}).items():
            self._values[self.column(key)] = value

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def columns(self) -> Mapping[str, int]:
        """Return which key stands where."""
        return self._columns

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """Return all sums as they stand, by column; those of no key are 0."""
        return self._values[: len(self._columns) + len(self._free)]

    def column(self, key: str) -> int:
        """Return where a key stands; a new one begins at 0."""
        known = self._columns.get(key)
        if known is not None:
            return known
        column = self._free.pop() if self._free else len(self._columns)
        if column == len(self._values):
            self._values = np.concatenate((self._values, np.zeros(len(self._values))))
        self._columns[key] = column
        self.version += 1
        return column

    def add(self, columns: npt.NDArray[np.int64], gained: npt.NDArray[np.float64]) -> None:
        """Add to several sums at once; no column may stand twice."""
        self._values[columns] += gained

    def put(self, columns: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> None:
        """Set several sums at once."""
        self._values[columns] = values

    def get(self, key: str) -> float:
        """Return one sum; 0 when there is none of that name."""
        column = self._columns.get(key)
        return 0.0 if column is None else float(self._values[column])

    def drop(self, key: str) -> None:
        """Forget a key and its sum."""
        column = self._columns.pop(key, None)
        if column is not None:
            self._values[column] = 0.0
            self._free.append(column)
            self.version += 1

    def places(self, columns: Mapping[str, int]) -> "Places":
        """Return where the keys of other sums stand here; those that are not here are left out."""
        both = [(self._columns[key], at) for key, at in columns.items() if key in self._columns]
        mine, theirs = zip(*both, strict=True) if both else ((), ())
        return Places(mine=np.array(mine, dtype=np.int64), theirs=np.array(theirs, dtype=np.int64))

    def by_key(self) -> dict[str, float]:
        """Return every sum by key."""
        values = self._values.tolist()
        return {key: values[column] for key, column in self._columns.items()}
