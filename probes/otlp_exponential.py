"""Exponential histograms as classic ones, at edges that never move. Pure.

A histogram of scale 3 has eight edges to each doubling, and every finer one has those edges too. So
whatever scale a point has, from 3 upwards, its buckets add up to exact counts at the same edges. The
edges of a unit are always shown all, for a series that came later would be taken for a counter that
began when it was first seen.
"""

from functools import cache
from math import inf

from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint

from probes.otlp_values import CannotCount, Parts, Shown, edge_text

__all__ = ["MAX_EXPONENTIAL_BUCKETS", "OCTAVES", "SCALE", "edges_of", "exponential"]

SCALE = 3
"""Edges lie 9 % apart: at 2**(i/8)."""
PER_OCTAVE = 1 << SCALE
OCTAVES = 24
"""From a quarter of a millisecond to 68 minutes; 50 histograms are within the limit of series."""
LOWEST = {"s": -12, "ms": -2, "us": 8, "ns": 18, "By": 8}
"""The lowest edge by unit, as a power of two: the same times in each unit, and 256 B to 4 GiB."""
LOWEST_OF_OTHERS = -6
"""From 0.016 to 262144: shares, batches and tokens."""
MAX_EXPONENTIAL_BUCKETS = 4096
TOO_COARSE = (
    f"an exponential histogram has a scale below {SCALE}, so edges lie inside its buckets: "
    "let it have more of them (160 reach over 20 doublings), or export explicit ones"
)


def edges_of(unit: str) -> tuple[float, ...]:
    """Return the edges of all exponential histograms of a unit, rising, without the infinite one.

    >>> edges_of("s")[0], edges_of("s")[-1], len(edges_of("s"))
    (0.000244140625, 4096.0, 193)
    """
    return _edges(LOWEST.get(unit.strip(), LOWEST_OF_OTHERS))


@cache
def _edges(lowest: int) -> tuple[float, ...]:
    first = lowest * PER_OCTAVE
    return tuple(2.0 ** (i / PER_OCTAVE) for i in range(first, first + OCTAVES * PER_OCTAVE + 1))


@cache
def _parts(lowest: int) -> Parts:
    buckets = (("_bucket", edge_text(edge)) for edge in (*_edges(lowest), inf))
    return (*buckets, ("_sum", ""), ("_count", ""))


def exponential(point: ExponentialHistogramDataPoint, unit: str) -> Shown:
    """Return what Prometheus would show of a classic histogram with the edges of its unit.

    What is below the lowest edge is in its bucket, what is above the highest only in the infinite one.

    Raises:
        CannotCount: Its buckets are too coarse for exact counts, or contradict each other.
    """
    lowest = LOWEST.get(unit.strip(), LOWEST_OF_OTHERS)
    counts = point.positive.bucket_counts
    if len(counts) > MAX_EXPONENTIAL_BUCKETS:
        msg = f"an exponential histogram may have {MAX_EXPONENTIAL_BUCKETS} buckets at most"
        raise CannotCount(msg)
    if any(point.negative.bucket_counts):
        msg = "an exponential histogram counts negative values, which no limit of a time is about"
        raise CannotCount(msg)
    if sum(counts) + point.zero_count != point.count:
        msg = "the buckets of an exponential histogram do not add up to its count"
        raise CannotCount(msg)
    held = _held(point, lowest)
    below = _running(held, OCTAVES * PER_OCTAVE + 2)
    return _parts(lowest), (*below, max(0.0, point.sum), below[-1])


def _held(point: ExponentialHistogramDataPoint, lowest: int) -> dict[int, int]:
    """Return counts by the number of the edge that they are at or below, and above the one before.

    Bucket i of scale s ends at 2**((i + 1) / 2**s).
    """
    held: dict[int, int] = {}
    if point.zero_count:
        if not point.zero_threshold <= 2.0**lowest:
            msg = (
                f"the zero threshold of an exponential histogram is above {2.0**lowest:g}, "
                "so what it counts as zero lies on no known side of the edges below"
            )
            raise CannotCount(msg)
        held[0] = point.zero_count
    finer = point.scale - SCALE
    first, last = lowest * PER_OCTAVE, OCTAVES * PER_OCTAVE + 1
    for bucket, count in enumerate(point.positive.bucket_counts, point.positive.offset):
        if not count:
            continue
        if finer < 0:
            raise CannotCount(TOO_COARSE)
        edge = min(max((bucket >> finer) + 1 - first, 0), last)
        held[edge] = held.get(edge, 0) + count
    return held


def _running(held: dict[int, int], edges: int) -> list[float]:
    """Return running sums; neighbours that are equal share a number, of which there are many."""
    below: list[float] = []
    total = 0
    for edge in sorted(held):
        below += [float(total)] * (edge - len(below))
        total += held[edge]
    return below + [float(total)] * (edges - len(below))
