import gzip
from contextlib import suppress

import orjson
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)

from probes.errors import UnreadablePush
from probes.otlp_wire import MAX_UNPACKED_BYTES, Form, failure, read_request, success, unpack
from tests.probes.otlp_requests import counter, histogram, request


def nested(inside: bytes, tag: int = 0x0A) -> bytes:
    """A message with one field, a message of 16,384 bytes or more."""
    size = len(inside)
    return bytes([tag, size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14]) + inside


ASKED = request(counter(5, at=9.0), histogram(1, 2, 3, at=9.0))


def test_both_forms_say_the_same():
    document = MessageToDict(ASKED, use_integers_for_enums=True)
    point = document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["sum"]["dataPoints"][0]
    assert point["asInt"] == "5"
    # As OTLP's JSON has it: hexadecimal, which is not the base64 of protobuf's JSON.
    point["exemplars"] = [
        {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b"}
    ]
    document["new in some later version"] = {"deep": [1]}
    assert read_request(orjson.dumps(document), Form.JSON) == ASKED
    assert read_request(ASKED.SerializeToString(), Form.PROTOBUF) == ASKED


def test_gzip_is_unpacked_with_all_its_members():
    body = ASKED.SerializeToString()
    assert unpack(gzip.compress(body[:7]) + gzip.compress(body[7:])) == body
    assert unpack(b"") == b""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"plain", "cannot be unpacked"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "broken off"),
        (gzip.compress(bytes(MAX_UNPACKED_BYTES + 1)), "more than 4 MiB"),
        (gzip.compress(bytes(MAX_UNPACKED_BYTES)) + gzip.compress(b"x"), "more than 4 MiB"),
    ],
)
def test_what_cannot_be_unpacked_is_refused(body, words):
    with pytest.raises(UnreadablePush, match=words):
        unpack(body)


@pytest.mark.parametrize(
    ("body", "form", "words"),
    [
        (b"\xff", Form.PROTOBUF, "no ExportMetricsServiceRequest"),
        (b"{", Form.JSON, "no ExportMetricsServiceRequest"),
        (b"[]", Form.JSON, "no ExportMetricsServiceRequest"),
        (b"3", Form.JSON, "no ExportMetricsServiceRequest"),
        (b'{"resourceMetrics": 3}', Form.JSON, "no ExportMetricsServiceRequest"),
        (b'{"resourceMetrics": {"a": 1}}', Form.JSON, "no ExportMetricsServiceRequest"),
        (b"[" * 40 + b"]" * 40, Form.JSON, "nested deeper"),
        (b"[" * 5000 + b"]" * 5000, Form.JSON, "no ExportMetricsServiceRequest"),
        (b'{"a": [' + b"0," * 300_000 + b"0]}", Form.JSON, "more than 300000 values"),
        (b"\x0a\x00" * 20_001, Form.PROTOBUF, "20001 resources, scopes or metrics"),
        (b"\x0a\x04\x12\x02\x12\x00" * 20_001, Form.PROTOBUF, "20001 resources"),
        (nested(b"\x12\x00" * 20_001), Form.PROTOBUF, "20001 resources"),
        (nested(nested(b"\x12\x00" * 20_001, 0x12)), Form.PROTOBUF, "20001 resources"),
        (b"\n" * (MAX_UNPACKED_BYTES + 1), Form.PROTOBUF, "larger than 4 MiB"),
    ],
)
def test_what_is_no_request_is_refused(body, form, words):
    with pytest.raises(UnreadablePush, match=words):
        read_request(body, form)


@given(st.binary(max_size=200), st.sampled_from(Form))
def test_no_body_does_anything_but_be_read_or_refused(body, form):
    with suppress(UnreadablePush):
        read_request(body, form)


def test_an_answer_is_written_as_the_request_was():
    full = ExportMetricsServiceResponse.FromString(success(Form.PROTOBUF, rejected=0, reason=""))
    assert not full.HasField("partial_success")
    part = ExportMetricsServiceResponse.FromString(success(Form.PROTOBUF, rejected=3, reason="y"))
    assert part.partial_success.rejected_data_points == 3
    assert part.partial_success.error_message == "y"
    assert success(Form.JSON, rejected=0, reason="") == b"{}"
    assert orjson.loads(success(Form.JSON, rejected=3, reason="y")) == {
        "partialSuccess": {"rejectedDataPoints": "3", "errorMessage": "y"}
    }


@pytest.mark.parametrize("length", [0, 1, 127, 128, 300, 9000])
def test_a_failure_is_a_status_whose_message_can_be_read(length):
    from google.rpc.status_pb2 import Status  # noqa: PLC0415 -- comes with the exporter

    assert Status.FromString(failure("x" * length)).message == "x" * min(length, 8191)
