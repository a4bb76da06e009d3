"""Pushed OpenTelemetry metrics to points: what counters showed, at which time, of which stream. Pure.

A stream is told from all others by its resource, its scope, its metric and its attributes. A
cumulative stream is also told by when it began: a process that restarts begins another stream, so a
late word of the old one and a first word of the new one never mix.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

import orjson
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    DataPointFlags,
    Metric,
    ResourceMetrics,
)

from probes.otlp_exponential import exponential
from probes.otlp_names import metric_name, series_labels
from probes.otlp_values import (
    LARGEST,
    MAX_NAME,
    CannotCount,
    Parts,
    Shown,
    attribute_texts,
    histogram,
    number,
    summary,
)

__all__ = ["Point", "Pushed", "read_points"]

MAX_POINTS = 20_000
CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
NOTHING_RECORDED = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK

VALUES: dict[str, Callable[[Any], Shown]] = {
    "sum": number,
    "histogram": histogram,
    "summary": summary,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What one stream showed at one time.

    Attributes:
        stream: Tells the stream from all others; 32 hexadecimal digits.
        name: In Prometheus's spelling, without a histogram's suffix.
        labels: Sorted, without the sandbox that it came from.
        parts: Suffix and ``le`` of each value: one value of a counter, several of a histogram.
        values: Never negative, in the order of the parts.
        cumulative: The values count from the start; otherwise from the point before.
        started: When counting began, Unix nanoseconds; 0 when it does not say.
        at: When the values were so, Unix nanoseconds.
    """

    stream: str
    name: str
    labels: tuple[tuple[str, str], ...]
    parts: Parts
    values: tuple[float, ...]
    cumulative: bool
    started: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What one resource pushed.

    Attributes:
        resource: Its attributes, as text.
        points: Of its counters and histograms.
        passed: Points that are right and count nothing, such as those of gauges.
        refused: How many points were refused, by reason.
    """

    resource: Mapping[str, str]
    points: tuple[Point, ...]
    passed: int
    refused: Mapping[str, int]


def read_points(request: ExportMetricsServiceRequest) -> tuple[Pushed, ...]:
    """Return what each resource pushed; points beyond the limit of a request are refused."""
    budget = MAX_POINTS
    found = []
    for resource_metrics in request.resource_metrics:
        reader = _Reader(resource_metrics, budget)
        found.append(reader.read())
        budget -= reader.seen
    return tuple(found)


class _Reader:
    """Reads one resource.

    Args:
        metrics: The resource and its metrics.
        budget: How many points may be read.
    """

    def __init__(self, metrics: ResourceMetrics, budget: int) -> None:
        self.seen = 0
        self._metrics = metrics
        self._budget = budget
        self._points: list[Point] = []
        self._refused: Counter[str] = Counter()
        self._passed = 0

    def read(self) -> Pushed:
        """Return what it pushed."""
        try:
            resource = attribute_texts(self._metrics.resource.attributes)
        except CannotCount as refusal:
            count = sum(
                len(_data_points(m)) for s in self._metrics.scope_metrics for m in s.metrics
            )
            return Pushed(resource={}, points=(), passed=0, refused={str(refusal): count})
        whose = _digest(b"", sorted(resource.items()))
        for scoped in self._metrics.scope_metrics:
            scope = _digest(whose, [scoped.scope.name, scoped.scope.version])
            for metric in scoped.metrics:
                self._read_metric(metric, resource, scope)
        return Pushed(
            resource=resource,
            points=tuple(self._points),
            passed=self._passed,
            refused=dict(self._refused),
        )

    def _read_metric(self, metric: Metric, resource: Mapping[str, str], scope: bytes) -> None:
        points = _data_points(metric)
        allowed = max(0, min(len(points), self._budget - self.seen))
        self.seen += len(points)
        if allowed < len(points):
            reason = f"a request may hold {MAX_POINTS} points: export fewer at once"
            self._refused[reason] += len(points) - allowed
        try:
            shape = _shape(metric)
        except CannotCount as refusal:
            self._refused[str(refusal)] += allowed
            return
        if shape is None:
            self._passed += allowed
            return
        for point in points[:allowed]:
            if point.flags & NOTHING_RECORDED:
                self._passed += 1
                continue
            try:
                self._points.append(_point(point, shape, resource, scope))
            except CannotCount as refusal:
                self._refused[str(refusal)] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What all points of one metric share."""

    name: str
    identity: tuple[str, str, str, bool]
    cumulative: bool
    values: Callable[[Any], Shown]


def _data_points(metric: Metric) -> Any:  # noqa: ANN401 -- protobuf's own list
    kind = metric.WhichOneof("data")
    return () if kind is None else getattr(metric, kind).data_points


def _shape(metric: Metric) -> _Shape | None:
    """Return how a metric is counted; None when it is no counter.

    Raises:
        CannotCount: It cannot be counted exactly.
    """
    kind = metric.WhichOneof("data")
    if kind is None or kind == "gauge" or (kind == "sum" and not metric.sum.is_monotonic):
        return None
    if len(metric.name) > MAX_NAME or len(metric.unit) > MAX_NAME:
        msg = f"the name or the unit of a metric is longer than {MAX_NAME} characters"
        raise CannotCount(msg)
    temporality = CUMULATIVE if kind == "summary" else getattr(metric, kind).aggregation_temporality
    if temporality not in (CUMULATIVE, DELTA):
        msg = "a sum says neither that it is cumulative nor that it is delta"
        raise CannotCount(msg)
    cumulative = temporality == CUMULATIVE
    return _Shape(
        name=metric_name(metric.name, metric.unit, monotonic=kind == "sum"),
        identity=(metric.name, metric.unit, kind, cumulative),
        cumulative=cumulative,
        values=VALUES.get(kind) or partial(exponential, unit=metric.unit),
    )


def _point(point: Any, shape: _Shape, resource: Mapping[str, str], scope: bytes) -> Point:  # noqa: ANN401
    started, at = point.start_time_unix_nano, point.time_unix_nano
    if at == 0 or started > at:
        msg = "a point has no time, or begins after it ends"
        raise CannotCount(msg)
    attributes = attribute_texts(point.attributes)
    parts, values = shape.values(point)
    if not all(0.0 <= value <= LARGEST for value in values):
        msg = "a counter is negative, not a number, or above 2**53"
        raise CannotCount(msg)
    life = started if shape.cumulative else 0
    what = [shape.identity, sorted(attributes.items()), [edge for _, edge in parts], life]
    return Point(
        stream=_digest(scope, what).hex(),
        name=shape.name,
        labels=tuple(series_labels(resource, attributes).items()),
        parts=parts,
        values=values,
        cumulative=shape.cumulative,
        started=started,
        at=at,
    )


def _digest(before: bytes, what: object) -> bytes:
    return blake2b(before + orjson.dumps(what), digest_size=16).digest()
