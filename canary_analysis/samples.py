"""Raw latencies, binned on a fine logarithmic grid, so that they are judged like any histogram."""

from collections.abc import Iterable, Mapping
from math import floor, log

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray
from canary_analysis.errors import InvalidSamples
from canary_analysis.metric import Interval

__all__ = ["GROWTH", "bin_samples", "edges_of", "interval_of"]

GROWTH = 1.08
"""Each edge is 8 % above the one before: finer than any latency margin."""

SMALLEST = 1e-9
"""Latencies below a nanosecond, zero included, lie under the first edge."""

Samples = Iterable[float] | FloatArray


def edges_of(samples: Samples) -> tuple[float, ...]:
    """The edges of the grid between the smallest and the largest latency, for `Metric.edges`.

    Give the samples of both arms together: edges that know which arm a latency came from would
    choose what they are to judge. The grid is the same for all data, only its ends differ.

    Raises:
        InvalidSamples: There are none, or one is not a latency.

    >>> [round(edge, 3) for edge in edges_of([0.100, 0.110, 0.125])]
    [0.107, 0.116]
    """
    seen = np.maximum(_checked("samples", samples), SMALLEST)
    if not len(seen):
        msg = "There are no samples, so nothing says where the edges should lie."
        raise InvalidSamples(msg)
    low, high = (log(float(end)) / log(GROWTH) for end in (seen.min(), seen.max()))
    first, last = floor(low) + 1, max(floor(low) + 1, floor(high))
    return tuple(GROWTH**power for power in range(first, last + 1))


def bin_samples(samples: Samples, edges: tuple[float, ...]) -> tuple[int, IntArray]:
    """How many there are, and how many lie above each edge; one at an edge is not above it.

    Raises:
        InvalidSamples: One is not a latency.

    >>> bin_samples([0.1, 0.2, 0.3], (0.1, 0.25))
    (3, array([2, 1]))
    """
    seen = np.sort(_checked("samples", samples))
    above = len(seen) - np.searchsorted(seen, np.asarray(edges), side="right")
    return len(seen), above.astype(np.int64)


def interval_of(
    canary: Mapping[str, Samples],
    baseline: Mapping[str, Samples],
    edges: tuple[float, ...],
    *,
    elapsed_seconds: float,
) -> Interval:
    """One interval from the latencies in seconds of each replica, by its name.

    Raises:
        InvalidSamples: One is not a latency; the message names the replica.
    """
    here, there = _arm(canary, edges), _arm(baseline, edges)
    return Interval(
        canary_replicas=tuple(canary),
        canary_total=here[0],
        canary_above=here[1],
        baseline_replicas=tuple(baseline),
        baseline_total=there[0],
        baseline_above=there[1],
        elapsed_seconds=elapsed_seconds,
    )


def _arm(replicas: Mapping[str, Samples], edges: tuple[float, ...]) -> tuple[IntArray, IntArray]:
    binned = [bin_samples(_checked(name, raw), edges) for name, raw in replicas.items()]
    total = np.array([count for count, _ in binned], dtype=np.int64)
    above = np.array([counts for _, counts in binned], dtype=np.int64)
    return total, above.reshape(len(replicas), len(edges))


def _checked(name: str, samples: Samples) -> FloatArray:
    raw = samples if isinstance(samples, np.ndarray) else list(samples)
    try:
        seen = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name!r} holds something that is no number ({error}). Give seconds."
        raise InvalidSamples(msg) from error
    wrong = np.flatnonzero(~(np.isfinite(seen) & (seen >= 0.0))) if seen.ndim == 1 else None
    if wrong is None:
        msg = f"{name!r} must be one list of seconds, not of shape {seen.shape}."
        raise InvalidSamples(msg)
    if len(wrong):
        at = int(wrong[0])
        msg = f"{name!r} has {seen[at]:g} at position {at}; a latency is 0 s or more, and finite."
        raise InvalidSamples(msg)
    return seen
