"""Export requests as exporters write them, built from a few words."""

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

__all__ = [
    "CUMULATIVE",
    "DELTA",
    "attributes",
    "counter",
    "exponential_histogram",
    "histogram",
    "request",
]

DELTA, CUMULATIVE = 1, 2
NANOS = 1_000_000_000


def attributes(named: dict) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in named.items()]


def _value(value: object) -> AnyValue:
    if isinstance(value, AnyValue):
        return value
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(string_value=str(value))


def counter(
    value: float,
    *,
    at: float,
    start: float = 0.0,
    name: str = "faas.invocations",
    temporality: int = CUMULATIVE,
    monotonic: bool = True,
    **labels: object,
) -> Metric:
    metric = Metric(name=name, unit="{invocation}")
    metric.sum.is_monotonic = monotonic
    metric.sum.aggregation_temporality = temporality
    point = metric.sum.data_points.add(
        time_unix_nano=int(at * NANOS), start_time_unix_nano=int(start * NANOS)
    )
    point.attributes.extend(attributes(labels))
    if isinstance(value, int):
        point.as_int = value
    else:
        point.as_double = value
    return metric


def histogram(
    *counts: int,
    at: float,
    start: float = 0.0,
    edges: tuple[float, ...] = (0.1, 1.0),
    total: float = 0.0,
    temporality: int = CUMULATIVE,
    **labels: object,
) -> Metric:
    metric = Metric(name="faas.invoke_duration", unit="s")
    metric.histogram.aggregation_temporality = temporality
    metric.histogram.data_points.add(
        time_unix_nano=int(at * NANOS),
        start_time_unix_nano=int(start * NANOS),
        attributes=attributes(labels),
        explicit_bounds=edges,
        bucket_counts=counts,
        count=sum(counts),
        sum=total,
    )
    return metric


def exponential_histogram(
    counts: list[int],
    *,
    at: float,
    start: float = 0.0,
    scale: int = 3,
    offset: int = 0,
    zeros: int = 0,
    threshold: float = 0.0,
    negative: tuple[int, ...] = (),
    count: int | None = None,
    total: float = 0.0,
    temporality: int = CUMULATIVE,
) -> Metric:
    metric = Metric(name="faas.invoke_duration", unit="s")
    metric.exponential_histogram.aggregation_temporality = temporality
    point = metric.exponential_histogram.data_points.add(
        time_unix_nano=int(at * NANOS),
        start_time_unix_nano=int(start * NANOS),
        scale=scale,
        zero_count=zeros,
        zero_threshold=threshold,
        count=sum(counts) + zeros if count is None else count,
        sum=total,
    )
    point.positive.offset = offset
    point.positive.bucket_counts.extend(counts)
    point.negative.bucket_counts.extend(negative)
    return metric


def request(*metrics: Metric, **resource: object) -> ExportMetricsServiceRequest:
    """One resource; ``service_name`` and the like are written with underscores."""
    found = ExportMetricsServiceRequest()
    pushed = found.resource_metrics.add()
    named = {name.replace("_", "."): value for name, value in resource.items()}
    pushed.resource.attributes.extend(attributes({"service.name": "iris"} | named))
    pushed.scope_metrics.add().metrics.extend(metrics)
    return found
