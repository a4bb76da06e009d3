"""Points of one metric before they are compared, and how large a difference is."""

import numpy as np
from scipy.stats import rankdata

from canary_analysis.arrays import BoolArray, FloatArray

__all__ = ["Numbers", "cles", "mean_ratio", "outliers", "with_noise"]

NOISE = 1e-5
"""Standard deviation of the noise on constant points, as a share of the constant."""

Numbers = FloatArray


def outliers(points: Numbers, factor: float) -> BoolArray:
    """Tell which points lie outside the fences.

    Fences stand at `factor` interquartile ranges beyond the quartiles, or at the 1st and the 99th
    percentile where those are further out.

    >>> outliers(np.array([21.0, 23, 24, 25, 500, 29, 23, 21]), 3.0).any()
    np.True_
    """
    if not len(points):
        return np.zeros(0, dtype=np.bool_)
    first, low, high, last = np.percentile(points, (1, 25, 75, 99))
    reach = factor * (high - low)
    beyond = (points < min(first, low - reach)) | (points > max(last, high + reach))
    return np.asarray(beyond)


def mean_ratio(canary: Numbers, baseline: Numbers) -> float:
    """Return the mean of the canary over that of the baseline; NaN where either is zero."""
    here, there = float(canary.mean()), float(baseline.mean())
    return float("nan") if here == 0.0 or there == 0.0 else here / there


def cles(canary: Numbers, baseline: Numbers) -> float:
    """Return the chance that a point of the canary is above one of the baseline, ties counted half.

    >>> cles(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    0.5
    """
    n, m = len(canary), len(baseline)
    ranks = rankdata(np.concatenate([canary, baseline]))[:n].sum()
    return float((2.0 * ranks - n * (n + 1)) / (2.0 * n * m))


def with_noise(points: Numbers, rng: np.random.Generator) -> Numbers:
    """Add noise to constant points, so that they have ranks; nothing is added to zeros."""
    return np.asarray(points + rng.normal(0.0, 1.0, len(points)) * points[0] * NOISE)
