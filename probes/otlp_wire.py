"""OTLP over HTTP, as bytes: a request unpacked and read, an answer written. Pure.

Everything is bounded before it is built: the packed body by the server, the unpacked one here, the
depth of JSON here and that of protobuf by its own reader.
"""

import zlib
from enum import StrEnum
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from probes.errors import PushTooLarge, UnreadablePush

__all__ = ["MAX_UNPACKED_BYTES", "Form", "failure", "read_request", "success", "unpack"]

MAX_UNPACKED_BYTES = 4 << 20
MAX_DEPTH = 32
"""Of JSON; metrics themselves need fifteen."""
MAX_VALUES = 300_000
"""Of JSON, which takes a hundred times as long to read as protobuf."""
MAX_PARTS = 20_000
"""Of resources, of scopes and of metrics: empty ones cost two bytes and much of our time."""
GZIP = 16 + zlib.MAX_WBITS


class Form(StrEnum):
    """How a request is written; its answer is written the same way."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


def unpack(body: bytes) -> bytes:
    """Return the content of a gzip body; what is more than the limit is not kept.

    Raises:
        UnreadablePush: It is not gzip, or broken off.
        PushTooLarge: It unpacks to more than the limit.
    """
    content, rest = b"", body
    while rest:  # a gzip file may have several members
        unpacking = zlib.decompressobj(GZIP)
        try:
            content += unpacking.decompress(rest, MAX_UNPACKED_BYTES + 1 - len(content))
        except zlib.error as error:
            msg = f"The body says it is gzip and cannot be unpacked: {error}."
            raise UnreadablePush(msg) from error
        if len(content) > MAX_UNPACKED_BYTES:
            msg = f"The body unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB. Export less at once."
            raise PushTooLarge(msg)
        if not unpacking.eof:
            msg = "The body says it is gzip and is broken off."
            raise UnreadablePush(msg)
        rest = unpacking.unused_data
    return content


def read_request(body: bytes, form: Form) -> ExportMetricsServiceRequest:
    """Read an export request.

    Raises:
        UnreadablePush: It is no such request; nothing of it is taken.
        PushTooLarge: It is larger than the limit.
    """
    if len(body) > MAX_UNPACKED_BYTES:
        msg = f"The body is larger than {MAX_UNPACKED_BYTES >> 20} MiB. Export less at once."
        raise PushTooLarge(msg)
    try:
        if form is Form.PROTOBUF:
            found = ExportMetricsServiceRequest.FromString(body)
        else:
            document = _Plain().of(orjson.loads(body), MAX_DEPTH)
            document.keys()  # ParseDict would take a list for an empty request
            found = ParseDict(document, ExportMetricsServiceRequest(), ignore_unknown_fields=True)
    except (DecodeError, ParseError, orjson.JSONDecodeError, TypeError, AttributeError) as error:
        text = " ".join(str(error).split())[:200]
        msg = f"The body is no ExportMetricsServiceRequest in {form.value}: {text}"
        raise UnreadablePush(msg) from error
    return _bounded(found)


class _Plain:
    """JSON without exemplars: nobody needs them, and their ids are not as protobuf's JSON has them."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def of(self, value: Any, depth: int) -> Any:  # noqa: ANN401 -- any JSON
        """Return a value without them.

        Raises:
            UnreadablePush: It is nested too deeply.
            PushTooLarge: It holds too many values.
        """
        self._left -= 1
        if depth == 0:
            msg = f"The body is nested deeper than {MAX_DEPTH} levels; metrics are not."
            raise UnreadablePush(msg)
        if self._left < 0:
            msg = f"The body holds more than {MAX_VALUES} values. Export less at once, or protobuf."
            raise PushTooLarge(msg)
        if isinstance(value, dict):
            return {k: self.of(v, depth - 1) for k, v in value.items() if k != "exemplars"}
        return [self.of(item, depth - 1) for item in value] if isinstance(value, list) else value


def _bounded(request: ExportMetricsServiceRequest) -> ExportMetricsServiceRequest:
    """Return the request, whose levels are counted from the outside in.

    Raises:
        PushTooLarge: There are too many resources, scopes or metrics.
    """
    resources = request.resource_metrics
    _refuse_many(len(resources))
    _refuse_many(sum(len(resource.scope_metrics) for resource in resources))
    _refuse_many(sum(len(s.metrics) for resource in resources for s in resource.scope_metrics))
    return request


def _refuse_many(count: int) -> None:
    if count > MAX_PARTS:
        msg = f"The request holds {count} resources, scopes or metrics; {MAX_PARTS} at most."
        raise PushTooLarge(msg)


def success(form: Form, *, rejected: int, reason: str) -> bytes:
    """Return the body of a 200; with a reason it is a partial success."""
    answer = ExportMetricsServiceResponse()
    if reason:
        answer.partial_success.rejected_data_points = rejected
        answer.partial_success.error_message = reason
    if form is Form.JSON:
        return orjson.dumps(MessageToDict(answer))
    return answer.SerializeToString()


def failure(reason: str) -> bytes:
    """Return a google.rpc.Status with this message, in protobuf, as OTLP asks of errors."""
    text = reason.encode()[:8191]
    length = len(text)
    size = bytes([length]) if length < 0x80 else bytes([length & 0x7F | 0x80, length >> 7])  # noqa: PLR2004 -- a varint
    return b"\x12" + size + text  # field 2, a string
