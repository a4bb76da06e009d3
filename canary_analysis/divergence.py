"""How fast a bet can grow: the Kullback-Leibler divergence between two coins."""

import numpy as np

from canary_analysis.arrays import FloatArray

__all__ = ["divergence"]

TINY = 1e-300


def divergence(share: FloatArray, mean: FloatArray) -> FloatArray:
    """Nats per toss that the best bet gains when `share` is seen where `mean` was expected.

    Both are shares in [0, 1]; the answer is 0 where the mean is 0 or 1 and leaves nothing to bet on.

    >>> divergence(np.array([0.5, 0.25]), np.array([0.25, 0.25])).round(3).tolist()
    [0.144, 0.0]
    """
    doubt = (mean > 0.0) & (mean < 1.0)
    safe = np.where(doubt, mean, 0.5)
    hit = share * np.log(np.maximum(share, TINY) / safe)
    miss = (1.0 - share) * np.log(np.maximum(1.0 - share, TINY) / (1.0 - safe))
    return np.where(doubt, hit + miss, 0.0)
