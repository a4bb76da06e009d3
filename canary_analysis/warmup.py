"""How long fresh canary replicas are honestly slower, learned from rollouts that were promoted.

Per minute of a rollout, how often a canary answer is slower than a baseline answer tells in one
number how far apart the two are: one half when they are alike, whatever the load. A promoted canary
was good, so what it lost since its start was warm-up. The curves of several rollouts are joined by
their median, so that one odd rollout does not decide. This is an estimate, not a guarantee.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray
from canary_analysis.errors import InvalidInterval
from canary_analysis.metric import Interval

__all__ = ["TOLERANCE", "WarmupCurve", "latency_counts_from", "learn_warmup"]

BLOCK_SECONDS = 60.0

TOLERANCE = 0.01
"""Excess that no longer matters: about 1.5 % of latency where it spreads by a factor of 1.5."""

VISIBLE = 3.0
"""An excess below this many standard deviations between minutes is noise."""

MOST_EXCESS = 0.5
"""Every canary answer slower than every baseline answer."""

CANDIDATES = 64
"""Speeds of fading that are tried."""

FEWEST_BLOCKS = 6
"""A rollout shorter than six minutes has no settled part to compare its start with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmupCurve:
    """One promoted rollout.

    Attributes:
        excess: By minute, the chance that a canary answer is slower than a baseline answer, above
            what it was in the last third of the rollout.
        noise: Its standard deviation between minutes of the last third.
    """

    excess: tuple[float, ...]
    noise: float


def learn_warmup(intervals: Iterable[Interval]) -> WarmupCurve | None:
    """Read one promoted rollout's latency intervals.

    Args:
        intervals: Of one histogram, in any order; `elapsed_seconds` since the canary started.

    Returns:
        None when the rollout was too short, or silent, to tell.

    Raises:
        InvalidInterval: They have different numbers of edges.
    """
    slower = _slower_by_block(intervals)
    third = len(slower) // 3
    if len(slower) < FEWEST_BLOCKS or np.isnan(slower[-third:]).all():
        return None
    settled = slower[-third:]
    excess = slower - np.nanmean(settled)
    return WarmupCurve(
        excess=tuple(np.where(np.isnan(excess), 0.0, excess).tolist()),
        noise=float(np.nanstd(settled)),
    )


def latency_counts_from(curves: Sequence[WarmupCurve]) -> float:
    """Seconds after which latency counts, for `Policy.latency_warmup_seconds`; 0 without curves.

    An exponential is fitted to the excess and followed down to `TOLERANCE`, but not beyond what
    was seen.

    Args:
        curves: The latest promoted rollouts of one service; five or more make it steady.
    """
    if not curves:
        return 0.0
    length = min(len(curve.excess) for curve in curves)
    middle = np.median([curve.excess[:length] for curve in curves], axis=0)
    noise = float(np.median([curve.noise for curve in curves])) / len(curves) ** 0.5
    begun, fading = _fitted(middle)
    if begun <= max(TOLERANCE, VISIBLE * noise):
        return 0.0
    blocks = ceil(fading * log(begun / TOLERANCE) / BLOCK_SECONDS)
    return min(blocks, length) * BLOCK_SECONDS


def _fitted(excess: FloatArray) -> tuple[float, float]:
    """Least squares: the excess at the start, and the seconds in which 63 % of it fades."""
    middles = (np.arange(len(excess)) + 0.5) * BLOCK_SECONDS
    fading = np.geomspace(BLOCK_SECONDS / 4.0, BLOCK_SECONDS * len(excess), CANDIDATES)
    shape = np.exp(-middles / fading[:, None])
    begun = (shape @ excess) / np.square(shape).sum(axis=1)
    misfit = np.square(excess - begun[:, None] * shape).sum(axis=1)
    best = int(np.argmin(np.where(begun <= MOST_EXCESS, misfit, np.inf)))
    return float(begun[best]), float(fading[best])


def _slower_by_block(intervals: Iterable[Interval]) -> FloatArray:
    """By minute, P(canary slower than baseline); ties count half. NaN without requests."""
    blocks: dict[int, FloatArray] = {}
    for interval in intervals:
        canary = _buckets(interval.canary_total, interval.canary_above)
        baseline = _buckets(interval.baseline_total, interval.baseline_above)
        counted = np.stack([canary, baseline])
        place = max(0, ceil(interval.elapsed_seconds / BLOCK_SECONDS) - 1)
        before = blocks.get(place, np.zeros_like(counted))
        if before.shape != counted.shape:
            msg = "Intervals with different numbers of edges: learn from one histogram at a time."
            raise InvalidInterval(msg)
        blocks[place] = before + counted
    slower = np.full(max(blocks, default=-1) + 1, np.nan)
    for place, (canary, baseline) in blocks.items():
        pairs = canary.sum() * baseline.sum()
        faster = np.cumsum(baseline) - 0.5 * baseline
        slower[place] = (canary * faster).sum() / pairs if pairs else np.nan
    return slower


def _buckets(total: IntArray, above: IntArray) -> FloatArray:
    """Requests in each bucket, replicas together."""
    return -np.diff(np.concatenate([[float(total.sum())], above.sum(axis=0), [0.0]]))
