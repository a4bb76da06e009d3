"""Mirrored requests: what they leave with the client (nothing), and what is told of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reference_server import shadow
from reference_server.app import Service, build_service
from reference_server.lane import LaneLimits
from reference_server.settings import Settings
from tests.reference_server.test_inference import counts

pytestmark = pytest.mark.anyio
INFER = "/v2/models/tiny/infer"
MIRROR = "/v2/models/tiny/mirror"
FAULTS = "/v2/models/tiny/versions/2/faults"
DEADLINE = 20.0

Ask = Callable[[int], Awaitable[list[httpx.Response]]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Room for every copy, however slow the machine is just now."""
    return replace(settings, limits=LaneLimits(workers=1, queue_limit=64))


@pytest.fixture
def ask(client: httpx.AsyncClient, flower: dict[str, Any]) -> Ask:
    async def asked(times: int) -> list[httpx.Response]:
        return [await client.post(INFER, json=flower) for _ in range(times)]

    return asked


async def settled(client: httpx.AsyncClient, pairs: float) -> dict[tuple[str, ...], float]:
    """Return the counts of mirrored requests once there are so many of them."""
    async with asyncio.timeout(DEADLINE):
        while True:
            found = await counts(client, "inference_mirrored_requests_total")
            if sum(found.values()) >= 2 * pairs:
                return found
            await asyncio.sleep(0.01)


async def test_a_share_is_answered_by_another_version_as_well_and_counted_apart(
    client: httpx.AsyncClient, ask: Ask
) -> None:
    set_ = await client.put(MIRROR, json={"version": "2", "percent": 25})
    assert set_.json() == {"version": "2", "percent": 25.0, "tolerance": 0.001}
    answers = await ask(40)
    assert {answer.json()["model_version"] for answer in answers} == {"1"}
    assert await settled(client, 10) == {("200", "tiny", "1"): 10, ("200", "tiny", "2"): 10}
    assert await counts(client, "inference_requests_total") == {("200", "tiny", "1"): 40}
    timed = await counts(client, "inference_mirrored_duration_seconds_count")
    assert timed == {("tiny", "1"): 10, ("tiny", "2"): 10}
    same = await counts(client, "inference_mirror_answers_total")
    assert same == {("same", "tiny", "2"): 10}
    assert await counts(client, "inference_mirror_tops_total") == {("yes", "tiny", "2"): 10}
    assert await counts(client, "inference_mirror_percent") == {("tiny", "2"): 25.0}


async def test_a_copy_that_fails_is_the_copy_s_failure_alone(
    client: httpx.AsyncClient, ask: Ask
) -> None:
    await client.put(FAULTS, json={"error_share": 1})
    await client.put(MIRROR, json={"version": "2", "percent": 100})
    assert [answer.status_code for answer in await ask(8)] == [200] * 8
    assert await settled(client, 8) == {("200", "tiny", "1"): 8, ("500", "tiny", "2"): 8}
    assert await counts(client, "inference_mirror_answers_total") == {}


async def test_a_request_that_fails_is_held_against_its_copy(
    client: httpx.AsyncClient, ask: Ask
) -> None:
    await client.put(FAULTS.replace("/2/", "/1/"), json={"error_share": 1})
    await client.put(MIRROR, json={"version": "2", "percent": 100})
    assert [answer.status_code for answer in await ask(3)] == [500] * 3
    assert await settled(client, 3) == {("500", "tiny", "1"): 3, ("200", "tiny", "2"): 3}


async def test_answers_that_differ_are_counted_with_the_largest_difference(
    client: httpx.AsyncClient, ask: Ask
) -> None:
    await client.put(FAULTS, json={"wrong_answer_share": 1})
    await client.put(MIRROR, json={"version": "2", "percent": 100})
    await ask(5)
    await settled(client, 5)
    found = await counts(client, "inference_mirror_answers_total")
    assert found == {("different", "tiny", "2"): 5}
    assert await counts(client, "inference_mirror_tops_total") == {("no", "tiny", "2"): 5}
    largest = await counts(client, "inference_mirror_largest_difference")
    assert largest["tiny", "2"] > 0.1
    await client.delete(MIRROR)
    await client.put(MIRROR, json={"version": "2", "percent": 1})
    assert await counts(client, "inference_mirror_largest_difference") == {}


async def test_a_slow_copy_delays_nobody_and_too_many_are_dropped(
    client: httpx.AsyncClient, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "MOST_COPIES", 3)
    await client.put(FAULTS, json={"latency_ms": 1000})
    await client.put(MIRROR, json={"version": "2", "percent": 100})
    async with asyncio.timeout(DEADLINE):
        started = asyncio.get_running_loop().time()
        await ask(10)
        took = asyncio.get_running_loop().time() - started
        assert took < 1.0, "ten requests waited for slow copies"
        assert await counts(client, "inference_mirror_dropped_total") == {("tiny", "2"): 7}
        assert sum((await settled(client, 3)).values()) == 6
    await client.delete(FAULTS)


async def test_a_copy_that_never_ends_is_a_failure(
    client: httpx.AsyncClient, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "DEADLINE_SECONDS", 0.05)
    await client.put(FAULTS, json={"latency_ms": 400})
    await client.put(MIRROR, json={"version": "2", "percent": 100})
    await ask(1)
    assert await settled(client, 1) == {("200", "tiny", "1"): 1, ("504", "tiny", "2"): 1}


async def test_memory_that_copies_hold_is_bounded(
    client: httpx.AsyncClient, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "MOST_BYTES", 100)
    await client.put(MIRROR, json={"version": "2", "percent": 100})
    await ask(2)
    assert await counts(client, "inference_mirror_dropped_total") == {("tiny", "2"): 2}


async def test_probes_named_versions_and_versions_with_users_are_not_mirrored(
    client: httpx.AsyncClient, ask: Ask, flower: dict[str, Any]
) -> None:
    await client.put(MIRROR, json={"version": "2", "percent": 100})
    await client.post(INFER, json=flower, headers={"x-synthetic": "true"})
    await client.post("/v2/models/tiny/versions/1/infer", json=flower)
    await client.put("/v2/models/tiny/traffic", json={"1": 50, "2": 50})
    await ask(4)
    await asyncio.sleep(0.05)
    assert await counts(client, "inference_mirrored_requests_total") == {}


async def test_a_version_that_takes_other_inputs_fails_its_copies(
    settings: Settings, flower: dict[str, Any]
) -> None:
    other = settings.models[0].replace("tiny=", "mixed=")
    with build_service(replace(settings, models=(other, *_relabelled(settings)))) as service:
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            await client.put("/v2/models/mixed/mirror", json={"version": "9", "percent": 100})
            answer = await client.post("/v2/models/mixed/infer", json=flower)
            assert answer.status_code == 200
            found = await settled(client, 1)
            assert found == {("200", "mixed", "1"): 1, ("400", "mixed", "9"): 1}


def _relabelled(settings: Settings) -> tuple[str, ...]:
    """A version 9 of the model whose input has another name."""
    onnx = pytest.importorskip("onnx")
    path = settings.models[0].partition("=")[2].rpartition(":")[0]
    graph = onnx.load(path)
    was = graph.graph.input[0].name
    graph.graph.input[0].name = "flower"
    for node in graph.graph.node:
        for place, name in enumerate(node.input):
            if name == was:
                node.input[place] = "flower"
    target = settings.cache_dir / "relabelled.onnx"
    onnx.save(graph, target)
    return (f"mixed={target}:9",)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param({"version": "9", "percent": 1}, "Versions: 1, 2", id="no version"),
        pytest.param({"percent": 1}, "No version None", id="version left out"),
        pytest.param({"version": "2"}, "from 0 to 100, not None", id="share left out"),
        pytest.param({"version": "2", "percent": 101}, "from 0 to 100", id="too much"),
        pytest.param({"version": "2", "percent": True}, "from 0 to 100", id="no number"),
        pytest.param({"version": "2", "percent": 1, "tolerance": -1}, "tolerance", id="tolerance"),
        pytest.param({"version": "2", "percent": 1, "share": 1}, "'share'", id="unknown"),
        pytest.param({"version": ["2"], "percent": 1}, "No version", id="a list"),
    ],
)
async def test_a_mirror_that_cannot_be_is_refused(
    client: httpx.AsyncClient, body: dict[str, object], told: str
) -> None:
    refused = await client.put(MIRROR, json=body)
    assert refused.status_code == 400
    assert told in refused.json()["error"]
    assert (await client.get(MIRROR)).json()["version"] is None


async def test_who_led_before_changes_no_mirror(client: httpx.AsyncClient) -> None:
    body = {"version": "2", "percent": 5}
    newer, older = {"x-fencing-number": "7"}, {"x-fencing-number": "6"}
    assert (await client.put(MIRROR, json=body, headers=newer)).status_code == 200
    assert (await client.put(MIRROR, json=body, headers=older)).status_code == 409
    assert (await client.delete(MIRROR, headers=older)).status_code == 409
    assert (
        await client.put("/v2/models/tiny/traffic", json={"1": 1}, headers=older)
    ).status_code == 409
    assert (await client.get(MIRROR)).json()["percent"] == 5.0


async def test_copies_are_not_among_the_requests_inside(
    service: Service, client: httpx.AsyncClient, ask: Ask
) -> None:
    await client.put(FAULTS, json={"latency_ms": 200})
    await client.put(MIRROR, json={"version": "2", "percent": 100})
    await ask(4)
    await asyncio.sleep(0.02)
    assert service.store.model("tiny").lane("2").waiting > 0
    assert await counts(client, "inference_queue_depth") == {}
    assert await counts(client, "inference_in_flight") == {}
    assert service.store.model("tiny").lane("1").in_flight == 0
    assert service.store.model("tiny").lane("2").in_flight == 0


async def test_a_version_whose_queue_is_full_drops_copies_and_is_not_blamed(
    settings: Settings, flower: dict[str, Any]
) -> None:
    narrow = replace(settings, limits=LaneLimits(workers=1, queue_limit=1))
    with build_service(narrow) as service:
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            await client.put(FAULTS, json={"latency_ms": 500})
            await client.put(MIRROR, json={"version": "2", "percent": 100})
            answers = [await client.post(INFER, json=flower) for _ in range(6)]
            assert {answer.status_code for answer in answers} == {200}
            pairs = await settled(client, 1)
            assert ("503", "tiny", "2") not in pairs
            dropped = await counts(client, "inference_mirror_dropped_total")
            assert 1 <= dropped["tiny", "2"] <= 5
