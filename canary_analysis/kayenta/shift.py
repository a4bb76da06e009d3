"""By how much one sample lies above another: the Hodges-Lehmann shift and its confidence interval.

The normal approximation of the Mann-Whitney test with corrections for continuity and ties, solved for the
shift, as R's `wilcox.test(conf.int = TRUE, exact = FALSE)` does.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from canary_analysis.arrays import FloatArray
from canary_analysis.kayenta.brent import find_zero

__all__ = ["AllTied", "Shift", "shift_of", "standard_score"]


class AllTied(ArithmeticError):
    """Every observation equals every other, so there is no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far a sample lies above another, in the unit of the data.

    Attributes:
        low: Lower end of the confidence interval.
        high: Upper end.
        estimate: Between them, not exactly in the middle.
    """

    low: float
    high: float
    estimate: float


def shift_of(moved: FloatArray, still: FloatArray, *, confidence: float) -> Shift:
    """Return how far `moved` lies above `still`.

    Args:
        moved: One sample, without NaN.
        still: The other.
        confidence: Of the two-sided interval, a share.

    Raises:
        AllTied: There is nothing to tell apart.

    >>> import numpy as np
    >>> shift_of(np.array([10.0, 20, 30, 40]), np.array([1.0, 2, 3, 4]), confidence=0.95).estimate
    22.5
    """
    quantile = float(ndtri((1.0 - confidence) / 2.0))
    ordered = np.sort(still)
    return Shift(
        low=_at(moved, ordered, -quantile),
        high=_at(moved, ordered, quantile),
        estimate=_at(moved, ordered, 0.0, ends=False),
    )


def _at(moved: FloatArray, still: FloatArray, quantile: float, *, ends: bool = True) -> float:
    """Return the shift at which the score is a quantile; beyond all differences there is none."""

    def above(shift: float) -> float:
        return standard_score(moved, still, shift) - quantile

    least, most = float(moved.min() - still[-1]), float(moved.max() - still[0])
    if ends and above(least) <= 0.0:
        return least
    if ends and above(most) >= 0.0:
        return most
    return find_zero(above, least, most)


def standard_score(moved: FloatArray, still: FloatArray, shift: float) -> float:
    """Return by how many standard deviations the rank sum is off when `moved` is taken back.

    Args:
        moved: One sample.
        still: The other, sorted.
        shift: What is subtracted from the first.

    Raises:
        AllTied: All observations are the same then.
    """
    back = moved - shift
    beaten = np.searchsorted(still, back, "left") + np.searchsorted(still, back, "right")
    excess = float(beaten.sum()) / 2.0 - len(moved) * len(still) / 2.0
    _, ties = np.unique(np.concatenate([back, still]), return_counts=True)
    n, m, both = float(len(moved)), float(len(still)), float(len(moved) + len(still))
    tied = float((ties.astype(np.float64) ** 3 - ties).sum())
    variance = n * m / 12.0 * (both + 1.0 - tied / (both * (both - 1.0)))
    if variance <= 0.0:
        msg = "All observations are the same: no confidence interval can be given."
        raise AllTied(msg)
    return (excess - 0.5 * float(np.sign(excess))) / float(np.sqrt(variance))
