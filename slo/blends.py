"""Sums that are made of other sums: each a few of them, times whole numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from slo.period_counts import PeriodGain
from slo.sums import Sums

__all__ = ["Blends"]

Columns = npt.NDArray[np.int64]
NO_PAST: Mapping[str, float] = MappingProxyType({})


class Blends:
    """Blended sums by key; they are brought up to date all at once.

    >>> sums = Sums({"a": 3.0, "b": 10.0})
    >>> blends = Blends()
    >>> blends.define("mix", {"a": 2, "b": -1})
    >>> blends.bring(sums)
    >>> sums.get("mix")
    -4.0
    """

    def __init__(self) -> None:
        self._terms: dict[str, Mapping[str, int]] = {}
        self._version = -1
        self._targets: Columns = np.empty(0, dtype=np.int64)
        self._columns: Columns = np.empty(0, dtype=np.int64)
        self._weights: npt.NDArray[np.float64] = np.empty(0)
        self._owners: Columns = np.empty(0, dtype=np.int64)

    def define(self, key: str, terms: Mapping[str, int]) -> None:
        """Make a sum of others from now on."""
        self._terms[key] = dict(terms)
        self._version = -1

    def undefine(self, key: str) -> None:
        """Leave a sum as it is from now on; one that is none of these is no fault."""
        self._terms.pop(key, None)
        self._version = -1

    def bring(self, sums: Sums, *, past: Mapping[str, float] = NO_PAST) -> None:
        """Bring all of them up to date; ``past`` is what was told of a blend as a whole."""
        if not self._terms:
            return
        if self._version != sums.version:
            self._compile(sums)
        worth = sums.values[self._columns] * self._weights
        blended = np.bincount(self._owners, worth, minlength=len(self._targets))
        told = np.array([past.get(key, 0.0) for key in self._terms])
        sums.put(self._targets, blended + told)

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
