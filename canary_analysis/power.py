"""What this much traffic can and cannot tell."""

import numpy as np

from canary_analysis.arrays import FloatArray
from canary_analysis.divergence import divergence
from canary_analysis.evidence import ODDS
from canary_analysis.ledger import FROM_START

__all__ = ["nats_below", "nats_of_equality", "requests_to_prove", "smallest_rise"]

TINY = 1e-300

CANDIDATES: FloatArray = np.geomspace(1.02, 2000.0, 96)
"""Odds ratios relative to the margin, tried from the smallest."""

PRICE_OF_NOT_KNOWING = float(np.log(len(ODDS) / 3.0))
"""Nats that a stake spread over all of ODDS loses against the best of them; about three pay."""


def smallest_rise(
    canary: FloatArray,
    baseline: FloatArray,
    rate: FloatArray,
    *,
    margin: FloatArray,
    phi: FloatArray,
    limit: FloatArray,
) -> FloatArray:
    """The event share of the canary from which these requests would have convicted it.

    Expected growth of the best bet: events times the Kullback-Leibler divergence between the share
    of events that falls to the canary and its share at the margin.

    Args:
        canary: Requests, shape (n,).
        baseline: Requests.
        rate: The baseline's event share.
        margin: Odds ratio that still counts as "no worse".
        phi: Replica noise; log evidence is divided by it.
        limit: Evidence that convicts, of this column alone.

    Returns:
        Event shares, NaN where no rise whatever would have been seen, as without traffic.
    """
    usual = np.maximum(rate, 0.5 / np.maximum(baseline, 1.0))  # none seen yet is not never
    odds = usual / np.maximum(1.0 - usual, 1e-9)
    worse = odds * margin * CANDIDATES[:, None]
    share = worse / (1.0 + worse)
    at_margin = odds * margin / (1.0 + odds * margin)
    needed = np.log(limit / FROM_START) + PRICE_OF_NOT_KNOWING
    told = _nats(canary, baseline, share, usual, at_margin) / phi >= needed
    first = np.argmax(told, axis=0)
    found = np.take_along_axis(share, first[None], axis=0)[0]
    return np.where(told.any(axis=0), found, np.nan)


def nats_of_equality(
    canary: FloatArray, baseline: FloatArray, rate: FloatArray, *, margin: FloatArray
) -> FloatArray:
    """Evidence per canary request that the odds are below a margin, while both arms are alike.

    Args:
        canary: Requests so far, shape (n,).
        baseline: Requests so far.
        rate: The event share of both arms.
        margin: Odds ratio that is to be excluded.
    """
    odds = rate / np.maximum(1.0 - rate, 1e-9)
    worse = odds * margin / (1.0 + odds * margin)
    per_canary = baseline / np.maximum(canary, 1.0)
    return _nats(np.ones_like(canary), per_canary, rate, rate, worse)


def nats_below(rate: FloatArray, tolerable: float) -> FloatArray:
    """Evidence per canary request that its event share is below a tolerable one; 0 if it is not."""
    gain = divergence(rate, np.full_like(rate, tolerable))
    return np.where(rate < tolerable, gain, 0.0)


def requests_to_prove(
    per_request: FloatArray, *, phi: FloatArray, value: FloatArray, limit: float
) -> FloatArray:
    """More canary requests until an e-value reaches its limit, if nothing changes.

    Args:
        per_request: Evidence per canary request in nats.
        phi: Replica noise; log evidence is divided by it.
        value: The e-value so far.
        limit: The e-value that proves it.

    Returns:
        Requests, at least 0; infinity where it will never be proven.
    """
    begun = np.maximum(np.log(np.maximum(value, TINY)), -PRICE_OF_NOT_KNOWING)
    missing = np.maximum(np.log(limit) - begun, 0.0)
    growing = per_request > 0.0
    more = missing * phi / np.where(growing, per_request, 1.0)
    return np.where(growing, more, np.where(missing > 0.0, np.inf, 0.0))


def _nats(
    canary: FloatArray,
    baseline: FloatArray,
    canary_rate: FloatArray,
    baseline_rate: FloatArray,
    margin_rate: FloatArray,
) -> FloatArray:
    """Expected growth of the best bet against "the canary's share is at most `margin_rate`"."""
    events = canary * canary_rate + baseline * baseline_rate
    share = canary * canary_rate / np.maximum(events, TINY)
    tolerated = canary * margin_rate
    at_margin = tolerated / np.maximum(tolerated + baseline * baseline_rate, TINY)
    return events * divergence(share, at_margin)
