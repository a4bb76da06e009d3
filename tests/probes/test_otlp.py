from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from probes.errors import UnreadablePush
from probes.otlp import MAX_POINTS, read_points
from probes.otlp_wire import Form, read_request
from tests.probes.otlp_requests import (
    DELTA,
    attributes,
    counter,
    exponential_histogram,
    histogram,
    request,
)


def points(*metrics, **resource):
    (pushed,) = read_points(request(*metrics, **resource))
    return pushed.points


def refusals(*metrics, **resource):
    (pushed,) = read_points(request(*metrics, **resource))
    assert not pushed.points
    return dict(pushed.refused)


def test_a_counter_is_named_as_prometheus_would():
    (point,) = points(
        counter(5, at=9.0, start=2.0, faas_trigger="http"), faas_name="fn", service_instance_id="a"
    )
    assert point.name == "faas_invocations_total"
    assert dict(point.labels) == {"faas_name": "fn", "faas_trigger": "http", "job": "iris"}
    assert (point.values, point.started, point.at) == ((5.0,), 2_000_000_000, 9_000_000_000)
    assert point.cumulative


def test_what_tells_streams_apart():
    one = counter(5, at=9.0, start=2.0)
    same = counter(7, at=10.0, start=2.0)
    assert points(one)[0].stream == points(same)[0].stream
    others = [
        points(one, service_instance_id="b"),
        points(counter(5, at=9.0, start=2.0, name="faas.errors")),
        points(counter(5, at=9.0, start=2.0, code=5)),
        points(counter(5, at=9.0, start=2.0, temporality=DELTA)),
        points(counter(5, at=9.0, start=3.0)),
        points(histogram(1, 1, 1, at=9.0)),
        points(histogram(1, 1, 1, at=9.0, edges=(0.1, 2.0))),
    ]
    streams = {found[0].stream for found in others}
    assert len(streams) == len(others)
    assert points(one)[0].stream not in streams


def test_deltas_of_one_stream_begin_anew_each_time():
    first = counter(5, at=9.0, start=2.0, temporality=DELTA)
    second = counter(5, at=12.0, start=9.0, temporality=DELTA)
    assert points(first)[0].stream == points(second)[0].stream


def test_what_counts_nothing_is_passed():
    gauge = counter(5, at=9.0)
    gauge.gauge.data_points.add(time_unix_nano=1, as_int=3)
    unrecorded = counter(5, at=9.0)
    unrecorded.sum.data_points[0].flags = 1
    (pushed,) = read_points(request(gauge, counter(-3, at=9.0, monotonic=False), unrecorded))
    assert (pushed.points, pushed.refused, pushed.passed) == ((), {}, 3)


def test_what_cannot_be_counted_exactly_is_refused_with_a_reason():
    for metric, words in (
        (exponential_histogram([1], at=9.0, scale=2), "a scale below 3"),
        (counter(5, at=9.0, temporality=0), "neither that it is cumulative"),
        (counter(5, at=0.0), "no time"),
        (counter(5, at=9.0, start=10.0), "begins after it ends"),
        (counter(-1, at=9.0), "negative"),
        (counter(float("nan"), at=9.0), "not a number"),
        (counter(2**53 + 2, at=9.0), "above 2"),
        (counter(1, at=9.0, name="n" * 256), "longer than"),
        (counter(1, at=9.0, **{f"a{n}": n for n in range(65)}), "attributes"),
    ):
        ((reason, count),) = refusals(metric).items()
        assert words in reason
        assert count == 1


def test_a_summary_counts_by_its_sum_and_its_count():
    metric = counter(5, at=9.0, name="old")
    metric.unit = "s"
    metric.summary.data_points.add(time_unix_nano=9, count=4, sum=2.5)
    (point,) = points(metric)
    assert (point.name, point.values, point.cumulative) == ("old_seconds", (2.5, 4.0), True)


def test_a_resource_with_too_many_attributes_is_refused_whole():
    named = {f"a{n}": n for n in range(70)}
    assert sum(refusals(counter(1, at=9.0), counter(2, at=9.0), **named).values()) == 2


def test_a_request_holds_so_many_points_and_no_more():
    metric = counter(1, at=9.0)
    first = metric.sum.data_points[0]
    for n in range(MAX_POINTS // 2):
        copied = metric.sum.data_points.add()
        copied.CopyFrom(first)
        copied.attributes.extend(attributes({"n": n}))
    asked = request(metric, metric)
    asked.resource_metrics.append(asked.resource_metrics[0])
    first_half, second_half = read_points(asked)
    assert len(first_half.points) == MAX_POINTS
    assert sum(first_half.refused.values()) == 2
    assert not second_half.points
    assert sum(second_half.refused.values()) == MAX_POINTS + 2


@given(st.binary(max_size=300))
def test_any_readable_request_gives_points_that_a_counter_may_have(body):
    try:
        asked = read_request(body, Form.PROTOBUF)
    except UnreadablePush:
        asked = ExportMetricsServiceRequest()
    for pushed in read_points(asked):
        assert all(value >= 0.0 for point in pushed.points for value in point.values)
