"""Many e-values, one decision: the mean, and who is guilty.

The weighted mean of e-values is an e-value however they depend on each other. Closed testing by
means names the guilty ones with the same family-wise error.

Source: Vovk & Wang, "E-values: Calibration, combination and applications" (2021).
"""

import numpy as np

from canary_analysis.arrays import FloatArray

__all__ = ["closed_testing", "weighted_mean"]


def weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """The e-value of a stake divided by weight, over the last axis.

    >>> float(weighted_mean(np.array([1.0, 5.0]), np.array([3.0, 1.0])))
    2.0
    """
    return np.asarray((values * weights).sum(axis=-1) / weights.sum())


def closed_testing(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Adjusted e-values: one at or above 1 / alpha convicts its hypothesis, whatever the others.

    Each is the least weighted mean over all groups that contain it. The worst group takes in the
    smallest e-values first, so it is found without trying them all.

    Args:
        values: One e-value per hypothesis, shape (n,).
        weights: Stakes; a hypothesis without stake is only ever watched and gets 0.

    >>> closed_testing(np.array([1.0, 60.0]), np.array([1.0, 1.0])).tolist()
    [1.0, 30.5]
    """
    order = np.argsort(values, kind="stable")
    stake = np.concatenate([[0.0], np.cumsum(weights[order])])
    sums = np.concatenate([[0.0], np.cumsum((values * weights)[order])])
    adjusted = np.zeros(len(values))
    for rank, index in enumerate(order):
        own = weights[index]
        if own > 0.0:
            mean = (sums[: rank + 1] + own * values[index]) / (stake[: rank + 1] + own)
            adjusted[index] = mean.min()
    return adjusted
