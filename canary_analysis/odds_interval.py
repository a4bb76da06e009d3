"""How large the effect is: the odds ratio, with an interval that may be read at any time.

An odds ratio is inside while neither bet, "it is larger" nor "it is smaller", has 2 / alpha against
it. Events are counted as tosses that fall to the canary with its share of the requests; this is
exact for rare events (errors, tails) and wide elsewhere. Replica noise divides the evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray
from canary_analysis.evidence import ODDS, UNIT, mixed

__all__ = ["OddsInterval", "odds_interval"]

WIDEST = 10_000.0
"""Ratios are looked for between one over this and this."""

HALVINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OddsInterval:
    """Odds ratio of canary to baseline, one per column.

    Attributes:
        estimate: NaN where no event was seen in either arm.
        low: 0 where no lower bound is known yet.
        high: Infinite where no upper bound is known yet.
    """

    estimate: FloatArray
    low: FloatArray
    high: FloatArray


def odds_interval(
    even: IntArray, reference: FloatArray, phi: FloatArray, *, alpha: float
) -> OddsInterval:
    """Invert the bets.

    Args:
        even: Observed events in parts of UNIT, all events, and those expected at even odds in
            parts of UNIT; shape (3, stretches, columns).
        reference: Event share of the arm that is compared with, by column.
        phi: Replica noise, by column.
        alpha: The interval ever misses the truth with at most this probability.
    """
    observed, events = even[0] / UNIT, even[1].astype(np.float64)
    share = np.clip(even[2] / UNIT / np.maximum(events, 1.0), 1e-9, 1.0 - 1e-9)
    limit = 2.0 / alpha

    def too_many(log_ratio: FloatArray) -> FloatArray:
        canary = _share_at(share, log_ratio)
        return np.asarray((observed - events * canary).sum(axis=0))

    def larger(log_ratio: FloatArray) -> FloatArray:
        return _evidence(observed, events, _share_at(share, log_ratio), phi) - limit

    def smaller(log_ratio: FloatArray) -> FloatArray:
        rest = 1.0 - _share_at(share, log_ratio)
        return limit - _evidence(events - observed, events, rest, phi)

    seen = events.sum(axis=0) > 0
    estimate = np.where(seen, _root(too_many, seen), np.nan)
    ratios = (estimate, _root(larger, seen), _root(smaller, seen))
    odds = [_to_odds(ratio, reference) for ratio in ratios]
    return OddsInterval(estimate=odds[0], low=odds[1], high=odds[2])


def _share_at(share: FloatArray, log_ratio: FloatArray) -> FloatArray:
    heavier = share * np.exp(log_ratio)
    return heavier / (1.0 - share + heavier)


def _evidence(
    observed: FloatArray, events: FloatArray, share: FloatArray, phi: FloatArray
) -> FloatArray:
    paid = np.log1p(share[..., None] * (ODDS - 1.0))
    grown = observed[..., None] * np.log(ODDS) - events[..., None] * paid
    return mixed(grown.sum(axis=0) / phi[:, None])


def _root(falling: Callable[[FloatArray], FloatArray], like: FloatArray) -> FloatArray:
    """Where a falling function crosses zero: 0 or infinity when it does not within `WIDEST`."""
    low = np.full(like.shape, -np.log(WIDEST))
    high = -low
    below, beyond = falling(low) <= 0.0, falling(high) > 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        right = falling(middle) > 0.0
        low, high = np.where(right, middle, low), np.where(right, high, middle)
    root = np.exp(0.5 * (low + high))
    return np.where(below, 0.0, np.where(beyond, np.inf, root))


def _to_odds(ratio: FloatArray, reference: FloatArray) -> FloatArray:
    """Turn a ratio of shares into a ratio of odds; infinite where the share would reach 1."""
    finite = np.where(np.isfinite(ratio), ratio, 1.0)
    room = 1.0 - finite * reference
    odds = finite * (1.0 - reference) / np.where(room > 0.0, room, 1.0)
    return np.where(np.isfinite(ratio), np.where(room > 0.0, odds, np.inf), ratio)
