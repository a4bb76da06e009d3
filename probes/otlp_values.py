"""What one OTLP data point holds: its attributes as text, its values part by part. Pure."""

from collections.abc import Iterator
from itertools import pairwise
from math import inf, isfinite
from typing import Any

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    HistogramDataPoint,
    NumberDataPoint,
    SummaryDataPoint,
)

__all__ = [
    "LARGEST",
    "MAX_NAME",
    "CannotCount",
    "Parts",
    "Shown",
    "attribute_texts",
    "edge_text",
    "histogram",
    "number",
    "summary",
]

MAX_ATTRIBUTES = 64
MAX_NAME = 255
MAX_TEXT = 1024
MAX_BUCKETS = 256
MAX_NESTING = 4
LARGEST = 2.0**53
"""Above it a float no longer holds every whole number."""

Parts = tuple[tuple[str, str], ...]
"""Suffix and ``le`` of each value."""
Shown = tuple[Parts, tuple[float, ...]]
SINGLE: Parts = (("", ""),)


class CannotCount(Exception):
    """A point or a metric cannot be counted exactly; the message says why. It stays inside."""


def number(point: NumberDataPoint) -> Shown:
    """Return the one value of a counter.

    Raises:
        CannotCount: It has none.
    """
    which = point.WhichOneof("value")
    if which is None:
        msg = "a point has no value"
        raise CannotCount(msg)
    return SINGLE, (float(getattr(point, which)),)


def histogram(point: HistogramDataPoint) -> Shown:
    """Return what Prometheus would show: how many were at or below each edge, sum and count.

    Raises:
        CannotCount: Edges or buckets contradict each other.
    """
    edges, counts = tuple(point.explicit_bounds), tuple(point.bucket_counts)
    rising = all(low < high for low, high in pairwise(edges))
    if len(edges) > MAX_BUCKETS or not rising or not all(map(isfinite, edges)):
        msg = f"the edges of a histogram must rise, be finite, and be {MAX_BUCKETS} at most"
        raise CannotCount(msg)
    counts = counts or (point.count,) * (not edges)
    if len(counts) != len(edges) + 1 or sum(counts) != point.count:
        msg = "the buckets of a histogram do not add up to its count"
        raise CannotCount(msg)
    below = tuple(_running(counts))
    parts = (
        *(("_bucket", edge_text(edge)) for edge in (*edges, inf)),
        ("_sum", ""),
        ("_count", ""),
    )
    return parts, (*below, max(0.0, point.sum), below[-1])


def summary(point: SummaryDataPoint) -> Shown:
    """Return its sum and count, which are counters; quantiles cannot be added up."""
    return (("_sum", ""), ("_count", "")), (max(0.0, point.sum), float(point.count))


def _running(counts: tuple[int, ...]) -> Iterator[float]:
    total = 0
    for count in counts:
        total += count
        yield float(total)


def edge_text(edge: float) -> str:
    """Return an edge as its ``le`` label says it: as short as reads back exactly."""
    if edge == inf:
        return "+Inf"
    return str(int(edge)) if edge.is_integer() and abs(edge) < LARGEST else repr(edge)


def attribute_texts(attributes: Any) -> dict[str, str]:  # noqa: ANN401 -- protobuf's own list
    """Return attributes as text; lists and maps as JSON.

    Raises:
        CannotCount: There are too many, or one is too long.
    """
    if len(attributes) > MAX_ATTRIBUTES:
        msg = f"a resource or point has more than {MAX_ATTRIBUTES} attributes"
        raise CannotCount(msg)
    found: dict[str, str] = {}
    pair: KeyValue
    for pair in attributes:
        text = _text(pair.value)
        if len(pair.key) > MAX_NAME or len(text) > MAX_TEXT:
            msg = f"an attribute is longer than {MAX_NAME} (name) or {MAX_TEXT} (value) characters"
            raise CannotCount(msg)
        found[pair.key] = text
    return found


def _text(value: AnyValue) -> str:
    plain = _plain(value, MAX_NESTING)
    return plain if isinstance(plain, str) else orjson.dumps(plain).decode()


def _plain(value: AnyValue, depth: int) -> Any:  # noqa: ANN401 -- any JSON
    kind = value.WhichOneof("value")
    if kind is None:
        return ""
    if depth == 0:
        msg = f"an attribute is nested deeper than {MAX_NESTING} levels"
        raise CannotCount(msg)
    if kind == "array_value":
        return [_plain(item, depth - 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {item.key: _plain(item.value, depth - 1) for item in value.kvlist_value.values}
    found = getattr(value, kind)
    return found.hex() if isinstance(found, bytes) else found
