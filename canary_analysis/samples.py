"""Raw latencies, binned on a fine logarithmic grid, so that they are judged like any histogram."""

from collections.abc import Iterable
from math import floor, log

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray
from canary_analysis.errors import InvalidSamples

__all__ = ["GROWTH", "count_above", "edges_of"]

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


def count_above(
    samples: Samples, edges: tuple[float, ...], *, ticks: IntArray | None = None
) -> IntArray:
    """How many there are, and how many lie above each edge; one at an edge is not above it.

    Args:
        samples: Latencies in seconds.
        edges: Rising, in seconds.
        ticks: Of each sample, the row it is counted in; all in one row when None.

    Returns:
        Shape (rows, 1 + edges): all, above the first edge, above the second, ...

    Raises:
        InvalidSamples: One is not a latency.

    >>> count_above([0.1, 0.2, 0.3], (0.1, 0.25)).tolist()
    [[3, 2, 1]]
    """
    seen = _checked("samples", samples)
    rows = np.zeros(len(seen), dtype=np.int64) if ticks is None else ticks
    binned = np.zeros((int(rows.max(initial=0)) + 1, len(edges) + 1), dtype=np.int64)
    np.add.at(binned, (rows, np.searchsorted(edges, seen, side="left")), 1)
    return np.cumsum(binned[:, ::-1], axis=1)[:, ::-1]


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
