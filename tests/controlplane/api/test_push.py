import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from sqlalchemy import text

from controlplane import push_receiver
from controlplane.plane import Plane
from probes.otlp_wire import MAX_UNPACKED_BYTES
from tests.controlplane.pushing import open_pushed, sums
from tests.fakes import ManualClock
from tests.probes.otlp_requests import counter, request

pytestmark = pytest.mark.anyio

NOW = ManualClock().now().timestamp() + 5.0
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    async with open_pushed(tmp_path, ManualClock()) as opened:
        yield opened


@pytest.fixture
async def push(app: FastAPI, plane: Plane) -> AsyncIterator[httpx.AsyncClient]:
    app.state.plane = plane
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


def asked(calls: int = 7, **resource: object):
    return request(counter(calls, at=NOW, start=NOW - 1.0), **resource)


async def post(push, body: bytes, kind: str = PROTOBUF, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await push.post("/v1/metrics", content=body, headers={"content-type": kind, **named})


async def test_protobuf_is_answered_in_protobuf(push, plane) -> None:
    answer = await post(push, asked().SerializeToString())
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == PROTOBUF
    assert sums(plane)["answered"] == (0.0, 7.0)


async def test_json_is_answered_in_json(push, plane) -> None:
    body = MessageToJson(asked(), use_integers_for_enums=True).encode()
    answer = await post(push, body, "application/json; charset=utf-8")
    assert (answer.status_code, answer.json()) == (200, {})
    assert sums(plane)["answered"] == (0.0, 7.0)


async def test_gzip_is_unpacked(push, plane) -> None:
    packed = gzip.compress(asked().SerializeToString())
    answer = await post(push, packed, content_encoding="gzip")
    assert answer.status_code == 200
    assert sums(plane)["answered"] == (0.0, 7.0)


async def test_what_is_not_counted_is_a_partial_success(push) -> None:
    answer = await post(push, asked(service_name="bert").SerializeToString())
    assert answer.status_code == 200
    partial = ExportMetricsServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_data_points == 1
    assert "push: [{" in partial.error_message


@pytest.mark.parametrize(
    ("body", "sent", "status", "words"),
    [
        (b"\xff", (PROTOBUF, "identity"), 400, "no ExportMetricsServiceRequest"),
        (b"{", (JSON, "identity"), 400, "no ExportMetricsServiceRequest"),
        (b"plain", (PROTOBUF, "gzip"), 400, "cannot be unpacked"),
        (gzip.compress(bytes(MAX_UNPACKED_BYTES + 1)), (PROTOBUF, "gzip"), 413, "4 MiB"),
        (bytes((1 << 20) + 1), (PROTOBUF, "identity"), 413, "1 MiB"),
        (b"", ("text/plain", "identity"), 415, "application/x-protobuf or application/json"),
        (b"", ("", "identity"), 415, "of no type"),
        (b"", (PROTOBUF, "br"), 415, "packed by br"),
    ],
)
async def test_what_is_refused_is_told_why(push, body, sent, status, words) -> None:
    kind, packing = sent
    answer = await post(push, body, kind, content_encoding=packing)
    assert answer.status_code == status
    assert words in answer.text


async def test_a_refusal_in_protobuf_is_a_status(push) -> None:
    from google.rpc.status_pb2 import Status  # noqa: PLC0415 -- comes with the exporter

    answer = await post(push, b"\xff")
    assert answer.headers["content-type"] == PROTOBUF
    assert "no ExportMetricsServiceRequest" in Status.FromString(answer.content).message


async def test_too_many_at_once_may_come_again(push, monkeypatch) -> None:
    monkeypatch.setattr(push_receiver, "MAX_WAITING", 0)
    answer = await post(push, asked().SerializeToString())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


async def test_what_could_not_be_saved_may_come_again(push, plane) -> None:
    with plane.engine.begin() as connection:
        connection.execute(text("ALTER TABLE push_state RENAME TO elsewhere"))
    body = MessageToJson(asked()).encode()
    answer = await post(push, body, JSON)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_sources_say_what_came(push) -> None:
    await post(push, asked().SerializeToString())
    first, second = (await push.get("/v1/push")).json()["items"]
    assert first == {
        "name": "iris-fn",
        "service": "iris",
        "match": {"service.name": "iris"},
        "lastPushAt": NOW - 5.0,
        "streams": 1,
        "series": 1,
        "counted": 1,
        "rejected": 0,
        "reason": "",
    }
    assert second["lastPushAt"] is None
    await post(push, asked(service_name="bert").SerializeToString())
    page = (await push.get("/metrics")).text
    assert 'trimtab_push_points_total{outcome="taken"} 1.0' in page
    assert 'trimtab_push_points_total{outcome="rejected"} 1.0' in page
