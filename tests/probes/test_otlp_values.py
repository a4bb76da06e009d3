from math import inf, nan

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList
from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint, SummaryDataPoint

from probes.otlp_values import CannotCount, attribute_texts, histogram, number, summary
from tests.probes import otlp_requests
from tests.probes.otlp_requests import attributes


def shown(*counts, **more):
    return histogram(otlp_requests.histogram(*counts, at=1.0, **more).histogram.data_points[0])


def test_a_histogram_is_shown_as_prometheus_would():
    parts, values = shown(1, 2, 3, total=4.5)
    assert parts == (
        ("_bucket", "0.1"),
        ("_bucket", "1"),
        ("_bucket", "+Inf"),
        ("_sum", ""),
        ("_count", ""),
    )
    assert values == (1.0, 3.0, 6.0, 4.5, 6.0)


def test_a_histogram_without_edges_has_one_bucket():
    point = otlp_requests.histogram(at=1.0, edges=()).histogram.data_points[0]
    point.count = 7
    assert histogram(point)[1] == (7.0, 0.0, 7.0)


@pytest.mark.parametrize(
    ("counts", "edges", "words"),
    [
        ((1, 2), (1.0, 2.0), "do not add up"),
        ((1, 2, 3), (2.0, 1.0), "must rise"),
        ((1, 2, 3), (1.0, 1.0), "must rise"),
        ((1, 2, 3), (1.0, inf), "be finite"),
        ((1, 2, 3), (nan, 1.0), "must rise"),
        ((0,) * 302, tuple(float(n) for n in range(301)), "256 at most"),
    ],
)
def test_a_histogram_that_contradicts_itself_is_refused(counts, edges, words):
    with pytest.raises(CannotCount, match=words):
        shown(*counts, edges=edges)


def test_numbers_and_summaries():
    assert number(NumberDataPoint(as_int=3)) == ((("", ""),), (3.0,))
    assert number(NumberDataPoint(as_double=0.5)) == ((("", ""),), (0.5,))
    with pytest.raises(CannotCount, match="no value"):
        number(NumberDataPoint())
    assert summary(SummaryDataPoint(count=3, sum=1.5)) == (
        (("_sum", ""), ("_count", "")),
        (1.5, 3.0),
    )


def test_attributes_are_text():
    nested = KeyValueList(values=attributes({"a": 1}))
    found = attribute_texts(
        attributes(
            {
                "text": "x",
                "flag": True,
                "number": 3,
                "none": AnyValue(),
                "bytes": AnyValue(bytes_value=b"\x01\xff"),
                "list": AnyValue(array_value=ArrayValue(values=[AnyValue(double_value=0.5)])),
                "map": AnyValue(kvlist_value=nested),
            }
        )
    )
    assert found == {
        "text": "x",
        "flag": "true",
        "number": "3",
        "none": "",
        "bytes": "01ff",
        "list": "[0.5]",
        "map": '{"a":1}',
    }


def test_attributes_are_bounded():
    deep = AnyValue(string_value="x")
    for _ in range(9):
        deep = AnyValue(array_value=ArrayValue(values=[deep]))
    for named, words in (
        ({f"a{n}": n for n in range(65)}, "more than 64"),
        ({"a" * 256: "x"}, "longer than"),
        ({"a": "x" * 1025}, "longer than"),
        ({"a": deep}, "nested deeper"),
    ):
        with pytest.raises(CannotCount, match=words):
            attribute_texts(attributes(named))
