"""How long fresh canary replicas are honestly slower, learned from rollouts that were promoted.

Per minute of a rollout, how often a canary answer is slower than a baseline answer tells in one
number how far apart the two are: one half when they are alike, whatever the load. A promoted canary
was good, so what it lost since its start was warm-up. The curves of several rollouts are joined by
their median, so that one odd rollout does not decide. This is an estimate, not a guarantee.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, log

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray, from_text, to_text
from canary_analysis.errors import InvalidInterval, InvalidSnapshot
from canary_analysis.metric import Interval

__all__ = [
    "MOST_MINUTES",
    "TOLERANCE",
    "FreshMinutes",
    "WarmupCurve",
    "latency_counts_from",
    "learn_warmup",
]

BLOCK_SECONDS = 60.0

MOST_MINUTES = 60
"""What came later is not kept: replicas are warm, or slow for another reason."""

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
        noise: Its standard deviation between minutes of the last third, or what chance alone makes
            of as few requests as there were in the first third, if that is more.
    """

    excess: tuple[float, ...]
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FreshMinutes:
    """All that a warm-up is learned from: the answers of the first hour, by minute and bucket.

    Attributes:
        counts: Requests of the canary and of the baseline, replicas together, shape
            (minutes, 2, buckets).
    """

    counts: IntArray

    @classmethod
    def empty(cls, edges: int) -> "FreshMinutes":
        """Nothing seen yet of a histogram with so many edges."""
        return cls(counts=np.zeros((0, 2, edges + 1), dtype=np.int64))

    def observe(self, interval: Interval) -> "FreshMinutes":
        """Add one latency interval; `elapsed_seconds` is since the canary started.

        Raises:
            InvalidInterval: It has another number of edges.
        """
        minute = max(0, ceil(interval.elapsed_seconds / BLOCK_SECONDS) - 1)
        if minute >= MOST_MINUTES:
            return self
        arms = [
            _buckets(interval.canary_total, interval.canary_above),
            _buckets(interval.baseline_total, interval.baseline_above),
        ]
        if any(len(arm) != self.counts.shape[2] for arm in arms):
            msg = "Intervals with different numbers of edges: learn from one histogram at a time."
            raise InvalidInterval(msg)
        lacking = max(0, minute + 1 - len(self.counts))
        counts = np.concatenate(
            [self.counts, np.zeros((lacking, *self.counts.shape[1:]), np.int64)]
        )
        counts[minute] += np.stack(arms)
        return replace(self, counts=counts)

    def curve(self) -> WarmupCurve | None:
        """What this rollout teaches; None when it was too short, or silent, to tell."""
        slower, third = self._slower(), len(self.counts) // 3
        if len(slower) < FEWEST_BLOCKS or np.isnan(slower[-third:]).all():
            return None
        settled = slower[-third:]
        excess = slower - np.nanmean(settled)
        return WarmupCurve(
            excess=tuple(np.where(np.isnan(excess), 0.0, excess).tolist()),
            noise=max(float(np.nanstd(settled)), self._chance(third)),
        )

    def to_plain(self) -> dict[str, object]:
        """Everything, JSON-safe and exact."""
        return to_text(self.counts)

    @classmethod
    def from_plain(cls, saved: object) -> "FreshMinutes":
        """Read back what `to_plain` wrote.

        Raises:
            InvalidSnapshot: It is missing or damaged.
        """
        counts = from_text("minutes", saved)
        if counts.ndim != 3 or counts.shape[1] != 2 or len(counts) > MOST_MINUTES:  # noqa: PLR2004
            msg = f"The saved minutes have shape {counts.shape}. Was the snapshot changed by hand?"
            raise InvalidSnapshot(msg)
        return cls(counts=counts)

    def _slower(self) -> FloatArray:
        """By minute, P(canary slower than baseline); ties count half. NaN without requests."""
        canary, baseline = self.counts[:, 0].astype(float), self.counts[:, 1].astype(float)
        pairs = canary.sum(axis=1) * baseline.sum(axis=1)
        faster = np.cumsum(baseline, axis=1) - 0.5 * baseline
        won = (canary * faster).sum(axis=1)
        return np.where(pairs > 0.0, won / np.maximum(pairs, 1.0), np.nan)

    def _chance(self, minutes: int) -> float:
        """Standard deviation that chance gives the first minutes; 0 without requests in them."""
        requests = self.counts[:minutes].sum(axis=2).astype(float)
        seen = requests[(requests > 0.0).all(axis=1)]
        return float(np.sqrt((1.0 / seen).sum(axis=1).mean() / 12.0)) if len(seen) else 0.0


def learn_warmup(intervals: Iterable[Interval]) -> WarmupCurve | None:
    """Read one promoted rollout's latency intervals.

    Args:
        intervals: Of one histogram, in any order; `elapsed_seconds` since the canary started.

    Returns:
        None when the rollout was too short, or silent, to tell.

    Raises:
        InvalidInterval: They have different numbers of edges.
    """
    minutes: FreshMinutes | None = None
    for interval in intervals:
        minutes = minutes or FreshMinutes.empty(interval.canary_above.shape[1])
        minutes = minutes.observe(interval)
    return None if minutes is None else minutes.curve()


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


def _buckets(total: IntArray, above: IntArray) -> IntArray:
    """Requests in each bucket, replicas together."""
    return -np.diff(np.concatenate([[total.sum()], above.sum(axis=0), [0]]))
