"""The points of time series that other judges read, made from counts: shares and quantiles by step."""

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray
from canary_analysis.compare_recording import ArmCounts, MetricCounts, Recording
from canary_analysis.kayenta import Points
from canary_analysis.metric import Kind

__all__ = ["names_of", "points_of"]

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


def names_of(metric: str, kind: Kind) -> tuple[str, ...]:
    """Return what the points of a metric are called.

    >>> names_of("latency", Kind.LATENCY)
    ('latency p50', 'latency p90', 'latency p99')
    """
    if kind is not Kind.LATENCY:
        return (metric,)
    return tuple(f"{metric} {word}" for word in QUANTILES)


def points_of(recording: Recording, *, step_seconds: float = 60.0) -> dict[str, Points]:
    """Return one point for each arm and whole step; NaN where it had no requests.

    Errors become their share; latency becomes quantiles, interpolated within the bucket. Both are
    named by `names_of`.

    Args:
        recording: The counts.
        step_seconds: Length of a step.
    """
    steps = int(recording.seconds / step_seconds + 1e-9)
    at = np.ceil(recording.ends / step_seconds - 1e-9).astype(np.int64) - 1
    found: dict[str, Points] = {}
    for counted in recording.metrics:
        canary, baseline = (_by_step(arm, at, steps) for arm in (counted.canary, counted.baseline))
        names = names_of(counted.metric.name, counted.metric.kind)
        if counted.metric.kind is not Kind.LATENCY:
            found[names[0]] = Points(canary=_share(canary), baseline=_share(baseline))
            continue
        for name, quantile in zip(names, QUANTILES.values(), strict=True):
            found[name] = Points(
                canary=_quantile(counted, canary, quantile),
                baseline=_quantile(counted, baseline, quantile),
            )
    return found


def _by_step(arm: ArmCounts, at: IntArray, steps: int) -> IntArray:
    """Add up an arm's replicas, shape (steps, 1 + edges)."""
    inside = (at >= 0) & (at < steps)
    summed = np.zeros((steps, arm.counts.shape[2]), dtype=np.int64)
    np.add.at(summed, at[inside], arm.counts[inside].sum(axis=1))
    return summed


def _share(counts: IntArray) -> FloatArray:
    total = counts[:, 0]
    return np.where(total > 0, counts[:, 1] / np.maximum(total, 1), np.nan)


def _quantile(counted: MetricCounts, counts: IntArray, quantile: float) -> FloatArray:
    edges = np.array((0.0, *counted.metric.edges))
    points = np.full(len(counts), np.nan)
    for step, (total, *above) in enumerate(counts):
        if total > 0:
            below = np.concatenate([[0], total - np.array(above)])
            points[step] = _within(edges, below, quantile * total)
    return points


def _within(edges: FloatArray, below: IntArray, rank: float) -> float:
    """Return where a rank lies; beyond the last edge it is told as that edge, as engines do."""
    bucket = int(np.searchsorted(below, rank))
    if bucket >= len(edges):
        return float(edges[-1])
    bucket = max(bucket, 1)
    width = edges[bucket] - edges[bucket - 1]
    inside = (rank - below[bucket - 1]) / max(int(below[bucket] - below[bucket - 1]), 1)
    return float(edges[bucket - 1] + width * min(max(inside, 0.0), 1.0))
