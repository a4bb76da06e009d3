"""What is special about errors: bursts, rises too small to matter, and rates good enough."""

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray
from canary_analysis.divergence import divergence
from canary_analysis.evidence import UNIT, Table, mixed

__all__ = ["SMALLER_RATES", "clip_bursts", "excess_rate", "tolerable_evidence"]

SMALLER_RATES: FloatArray = np.array([0.0, 0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.7])
"""Error rates, as parts of the tolerable one, that share the stake on "good enough"."""

HALVINGS = 40


def clip_bursts(bets: IntArray, nats: float) -> IntArray:
    """Count no more errors of one interval than give this much evidence at the best odds.

    Fewer observed errors are less evidence at every odds, so validity is not touched; evidence
    must then come from several intervals, and one burst on one replica cannot convict.

    Args:
        bets: What evidence.place_bet returned for one interval.
        nats: Most log evidence that an interval may give.
    """
    observed, trials, expected = bets
    tosses = np.maximum(trials, 1).astype(np.float64)
    mean = np.minimum(expected / UNIT / tosses, 1.0)
    low, high = mean.copy(), np.minimum(observed / UNIT / tosses, 1.0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        within = tosses * divergence(middle, mean) <= nats
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    burst = tosses * divergence(np.minimum(observed / UNIT / tosses, 1.0), mean) > nats
    cut = burst & (observed > expected)
    kept = np.floor(low * tosses * UNIT).astype(np.int64)
    return np.stack([np.where(cut, kept, observed), trials, expected])


def excess_rate(even: IntArray, requests: IntArray) -> FloatArray:
    """How much higher the canary's event share is than the baseline's, compared tick by tick.

    Args:
        even: Observed events, all events, and those expected at even odds, summed: shape (3, edges).
        requests: Canary requests, shape (edges,).

    Returns:
        A difference of shares; 0 without canary requests.
    """
    observed, events, expected = even
    share = expected / UNIT / np.maximum(events, 1)
    surplus = (observed - expected) / UNIT / np.maximum(1.0 - share, 1e-9)
    return np.where(requests > 0, surplus / np.maximum(requests, 1), 0.0)


def tolerable_evidence(table: Table, rate: float, phi: FloatArray) -> FloatArray:
    """The e-value against "the canary's event share is at least `rate`".

    A canary without a single error is proven good by its requests alone, which a comparison of
    odds could never do.

    Args:
        table: Cumulative counts of the canary.
        rate: The share that must be excluded.
        phi: Replica noise, at least 1.
    """
    bad = table.canary_above[..., None].astype(np.float64)
    good = (table.canary_total - table.canary_above)[..., None].astype(np.float64)
    smaller = rate * SMALLER_RATES
    with np.errstate(divide="ignore"):
        cost = np.maximum(np.log(SMALLER_RATES), -1e9)
    grown = bad * cost + good * np.log1p((rate - smaller) / (1.0 - rate))
    return mixed(grown / phi[..., None])
