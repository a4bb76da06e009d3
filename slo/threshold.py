"""Limits of gauges: which readings are good, and what one reading is made of."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

import numpy as np
import numpy.typing as npt

from slo.errors import InvalidObjective

__all__ = ["Combine", "Readings", "Threshold"]

Floats = npt.NDArray[np.float64]
FIGURES: dict[str, np.ufunc] = {
    "max": np.maximum,
    "min": np.minimum,
    "sum": np.add,
    "avg": np.add,
}
SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class Combine(StrEnum):
    """What one reading is: each series' value, or one figure of all of them on a page."""

    EACH = "each"
    MAX = "max"
    MIN = "min"
    SUM = "sum"
    AVG = "avg"

    def of(self, values: Floats) -> Floats:
        """Return the readings of one page; none where it shows no number."""
        known = values[~np.isnan(values)]
        if self is Combine.EACH or not len(known):
            return known
        return self.of_each(known, np.zeros(1, dtype=np.int64))

    def of_each(self, values: Floats, begins: npt.NDArray[np.int64]) -> Floats:
        """Return the readings of many pages that lie one after the other.

        Args:
            values: What they show, without NaN.
            begins: Where each page begins, shape (pages,).

        >>> Combine.AVG.of_each(np.array([1.0, 3.0, 8.0]), np.array([0, 2])).tolist()
        [2.0, 8.0]
        """
        if self is Combine.EACH:
            return values
        found: Floats = FIGURES[self.value].reduceat(values, begins)
        return found / np.diff(begins, append=len(values)) if self is Combine.AVG else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A limit that good readings keep to.

    Attributes:
        operator: ``lt lte gt gte``: how a good reading relates to the limit.
        limit: In the gauge's own unit.

    Raises:
        InvalidObjective: The operator is not known, or the limit is not finite.
    """

    operator: str
    limit: float

    def __post_init__(self) -> None:
        """Refuse what nothing can be held against."""
        if self.operator not in SIGNS:
            msg = f"op {self.operator!r} is not known. Write one of {', '.join(SIGNS)}."
            raise InvalidObjective(msg)
        if not isfinite(self.limit):
            msg = f"value must be finite, not {self.limit:g}."
            raise InvalidObjective(msg)

    def keeps(self, readings: Floats) -> npt.NDArray[np.bool_]:
        """Whether each reading is good.

        >>> Threshold(operator="lt", limit=0.9).keeps(np.array([0.5, 0.9, 1.0])).tolist()
        [True, False, False]
        """
        compare = {"lt": np.less, "lte": np.less_equal, "gt": np.greater, "gte": np.greater_equal}
        kept: npt.NDArray[np.bool_] = compare[self.operator](readings, self.limit)
        return kept

    def __str__(self) -> str:
        return f"{SIGNS[self.operator]} {self.limit:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """How a tally counts readings instead of what counters gained.

    Attributes:
        combine: What one reading is.
        threshold: Which readings count; all of them when None.
    """

    combine: Combine
    threshold: Threshold | None = None

    def count(self, values: Floats) -> float:
        """Return how many readings of one page count."""
        readings = self.combine.of(values)
        if self.threshold is None:
            return float(len(readings))
        return float(np.count_nonzero(self.threshold.keeps(readings)))
