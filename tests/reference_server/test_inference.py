"""The way of an inference request, from the front door to the counts."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from reference_server.app import Service
from reference_server.errors import ClientGone

pytestmark = pytest.mark.anyio
INFER = "/v2/models/tiny/infer"


async def counts(client: httpx.AsyncClient, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a name that are not zero, by their label values."""
    page = (await client.get("/metrics")).text
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and sample.value
    }


async def test_an_answer_says_which_version_gave_it(
    client: httpx.AsyncClient, flower: dict[str, Any]
) -> None:
    answer = (await client.post(INFER, json={**flower, "id": "x"})).json()
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("tiny", "1", "x")
    label, scores = answer["outputs"]
    assert label == {"name": "label", "datatype": "INT64", "shape": [1], "data": [0]}
    assert scores["shape"] == [1, 3]
    assert sum(scores["data"]) == pytest.approx(1.0)


async def test_weights_hold_exactly(client: httpx.AsyncClient, flower: dict[str, Any]) -> None:
    await client.put("/v2/models/tiny/traffic", json={"1": 90, "2": 10})
    answers = [(await client.post(INFER, json=flower)).json() for _ in range(50)]
    assert Counter(one["model_version"] for one in answers) == {"1": 45, "2": 5}
    assert await counts(client, "inference_requests_total") == {
        ("200", "tiny", "1"): 45,
        ("200", "tiny", "2"): 5,
    }


async def test_a_sticky_key_stays_with_its_version(
    client: httpx.AsyncClient, flower: dict[str, Any]
) -> None:
    await client.put("/v2/models/tiny/traffic", json={"1": 50, "2": 50})
    for key in ("ada", "bob", "cyd"):
        headers = {"x-sticky-key": key}
        answers = [(await client.post(INFER, json=flower, headers=headers)) for _ in range(4)]
        assert len({one.json()["model_version"] for one in answers}) == 1


async def test_a_version_in_the_url_passes_by_the_weights(
    client: httpx.AsyncClient, flower: dict[str, Any]
) -> None:
    answer = await client.post("/v2/models/tiny/versions/2/infer", json=flower)
    assert answer.json()["model_version"] == "2"


@pytest.mark.parametrize(
    ("path", "body", "status", "labels"),
    [
        pytest.param(INFER, b"{", 400, ("400", "tiny", "1"), id="no JSON"),
        pytest.param(INFER, b"[" * 5000, 413, ("413", "tiny", "1"), id="too large"),
        pytest.param(
            "/v2/models/tiny/versions/9/infer", b"{}", 404, ("404", "tiny", ""), id="no version"
        ),
        pytest.param(
            "/v2/models/nope/infer", b"{}", 404, ("404", "unknown", ""), id="no such model"
        ),
    ],
)
async def test_what_is_refused_is_counted_once(
    client: httpx.AsyncClient, path: str, body: bytes, status: int, labels: tuple[str, ...]
) -> None:
    answer = await client.post(path, content=body)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert await counts(client, "inference_requests_total") == {labels: 1}
    timed = await counts(client, "inference_request_duration_seconds_count")
    assert timed == ({labels[1:]: 1} if labels[2] else {})


async def test_injected_errors_are_answers_of_the_version(
    client: httpx.AsyncClient, flower: dict[str, Any]
) -> None:
    await client.put("/v2/models/tiny/versions/1/faults", json={"error_share": 1})
    answer = await client.post(INFER, json=flower)
    assert (answer.status_code, answer.json()) == (500, {"error": "injected fault"})
    assert await counts(client, "inference_requests_total") == {("500", "tiny", "1"): 1}


async def test_probes_neither_spend_nor_earn_budget(
    client: httpx.AsyncClient, flower: dict[str, Any]
) -> None:
    await client.put("/v2/models/tiny/versions/1/faults", json={"error_share": 1})
    headers = {"x-synthetic": "true"}
    assert (await client.post(INFER, json=flower, headers=headers)).status_code == 500
    assert await counts(client, "inference_requests_total") == {}
    assert await counts(client, "inference_request_duration_seconds_count") == {}
    assert await counts(client, "inference_synthetic_requests_total") == {("500", "tiny", "1"): 1}


async def test_a_full_queue_answers_503_at_once(
    client: httpx.AsyncClient, flower: dict[str, Any]
) -> None:
    await client.put("/v2/models/tiny/versions/1/faults", json={"latency_ms": 50})
    answers = await asyncio.gather(*(client.post(INFER, json=flower) for _ in range(12)))
    found = Counter(answer.status_code for answer in answers)
    assert set(found) == {200, 503}
    assert {one.headers.get("retry-after") for one in answers if one.status_code == 503} == {"1"}
    counted = await counts(client, "inference_requests_total")
    assert counted == {(str(code), "tiny", "1"): number for code, number in found.items()}
    assert await counts(client, "inference_in_flight") == {}


async def test_a_slow_version_does_not_slow_the_one_beside_it(
    client: httpx.AsyncClient, flower: dict[str, Any]
) -> None:
    await client.put("/v2/models/tiny/versions/2/faults", json={"latency_ms": 300})
    slow = asyncio.create_task(client.post("/v2/models/tiny/versions/2/infer", json=flower))
    await asyncio.sleep(0)
    assert (await client.post(INFER, json=flower)).status_code == 200
    assert not slow.done()
    assert (await slow).status_code == 200


async def test_a_server_that_stops_takes_nothing_more(
    client: httpx.AsyncClient, service: Service, flower: dict[str, Any]
) -> None:
    service.readiness.drain()
    answer = await client.post(INFER, json=flower)
    assert answer.status_code == 503
    assert "stopping" in answer.json()["error"]
    assert await counts(client, "inference_requests_total") == {("503", "tiny", "1"): 1}


async def test_a_model_that_fails_is_told_and_logged(
    client: httpx.AsyncClient, service: Service, flower: dict[str, Any], caplog: Any
) -> None:
    lane = service.store.model("tiny").lane("1")
    lane.model._names = ["nothing of that name"]
    answer = await client.post(INFER, json=flower)
    assert answer.status_code == 500
    assert "ONNX Runtime did not answer" in answer.json()["error"]
    assert "tiny version 1" in caplog.text


async def test_a_fault_of_our_own_is_an_answer_too(
    client: httpx.AsyncClient, service: Service, flower: dict[str, Any], caplog: Any
) -> None:
    service.store.model("tiny").lane("1").model.outputs = ()
    answer = await client.post(INFER, json=flower)
    assert answer.status_code == 500
    assert "log" in answer.json()["error"]
    assert "Traceback" in caplog.text


def scope(path: str = INFER) -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": path, "headers": []}


async def test_a_client_that_leaves_is_counted_once(
    client: httpx.AsyncClient, service: Service
) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        return

    await service.app(scope(), receive, send)
    code = str(ClientGone.status)
    assert await counts(client, "inference_requests_total") == {(code, "tiny", "1"): 1}


async def test_a_request_that_is_cut_off_is_counted_once(
    client: httpx.AsyncClient, service: Service
) -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    async def send(_: Any) -> None:
        return

    task = asyncio.create_task(service.app(scope(), receive, send))
    await asyncio.sleep(0)
    assert await counts(client, "inference_in_flight") == {("tiny", "1"): 1}
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await counts(client, "inference_requests_total") == {("503", "tiny", "1"): 1}
    assert await counts(client, "inference_in_flight") == {}


async def test_what_a_client_was_answered_is_in_the_next_scrape(
    client: httpx.AsyncClient, flower: dict[str, Any]
) -> None:
    for number in range(1, 6):
        await client.post(INFER, json=flower)
        total = await counts(client, "inference_requests_total")
        timed = await counts(client, "inference_request_duration_seconds_count")
        assert total["200", "tiny", "1"] == timed["tiny", "1"] == number


async def test_wrong_answers_look_right(client: httpx.AsyncClient, flower: dict[str, Any]) -> None:
    right = (await client.post(INFER, json=flower)).json()["outputs"][1]["data"]
    await client.put("/v2/models/tiny/versions/1/faults", json={"wrong_answer_share": 1})
    wrong = (await client.post(INFER, json=flower)).json()["outputs"][1]["data"]
    assert np.allclose(sorted(right), sorted(wrong))
    assert right != wrong
