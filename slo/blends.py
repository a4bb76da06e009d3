"""Sums that are made of other sums: each a few of them, times whole numbers.

Such a sum goes on from where it stood when it was defined: what was counted under its key before, by
other terms or by none, stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from slo.period_counts import PeriodGain
from slo.sums import Sums

__all__ = ["Blends"]

Columns = npt.NDArray[np.int64]


class Blends:
    """Blended sums by key; they are brought up to date all at once.

    >>> sums = Sums({"a": 3.0, "b": 10.0, "mix": 5.0})
    >>> blends = Blends()
    >>> blends.define("mix", {"a": 2, "b": -1}, sums)
    >>> sums.add(np.array([sums.column("a")]), np.array([4.0]))
    >>> blends.bring(sums)
    >>> sums.get("mix")
    13.0

    Attributes:
        keys: Of all sums that were blended.
    """

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self._terms: dict[str, Mapping[str, int]] = {}
        self._beside: dict[str, float] = {}
        self._version = -1
        self._targets: Columns = np.empty(0, dtype=np.int64)
        self._columns: Columns = np.empty(0, dtype=np.int64)
        self._weights: npt.NDArray[np.float64] = np.empty(0)
        self._owners: Columns = np.empty(0, dtype=np.int64)

    def define(self, key: str, terms: Mapping[str, int], sums: Sums) -> None:
        """Add to a sum what others gain from now on; the same again is no change."""
        if self._terms.get(key) == terms:
            return
        self.undefine(key, sums)
        stands = sum(weight * sums.get(each) for each, weight in terms.items())
        self._beside[key] = sums.get(key) - stands
        self._terms[key] = dict(terms)
        self.keys.add(key)

    def undefine(self, key: str, sums: Sums) -> None:
        """Leave a sum as it stands now; one that is none of these is no fault."""
        if key in self._terms:
            self.bring(sums)
            del self._terms[key], self._beside[key]
        self._version = -1

    def add(self, key: str, gained: float) -> None:
        """Add to a sum what none of the others gained; one that is none of these is no fault."""
        if key in self._beside:
            self._beside[key] += gained

    def bring(self, sums: Sums) -> None:
        """Bring all of them up to date."""
        if not self._terms:
            return
        if self._version != sums.version:
            self._compile(sums)
        worth = sums.values[self._columns] * self._weights
        blended = np.bincount(self._owners, worth, minlength=len(self._targets))
        sums.put(self._targets, blended + np.array(list(self._beside.values())))

    def spread(self, gains: Iterable[PeriodGain]) -> tuple[PeriodGain, ...]:
        """Return what gains of other sums add to those that are made of them."""
        return tuple(
            replace(gain, key=key, gained=terms[gain.key] * gain.gained)
            for gain in gains
            for key, terms in self._terms.items()
            if gain.key in terms
        )

    def _compile(self, sums: Sums) -> None:
        pairs = [
            (owner, sums.column(key), weight)
            for owner, terms in enumerate(self._terms.values())
            for key, weight in terms.items()
        ]
        self._targets = np.array([sums.column(key) for key in self._terms], dtype=np.int64)
        self._owners = np.array([owner for owner, _, _ in pairs], dtype=np.int64)
        self._columns = np.array([column for _, column, _ in pairs], dtype=np.int64)
        self._weights = np.array([weight for _, _, weight in pairs], dtype=np.float64)
        self._version = sums.version
