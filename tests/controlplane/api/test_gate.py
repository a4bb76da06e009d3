"""The deployment gate by REST."""

import httpx
import pytest

from controlplane.loops.evaluate import evaluate
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def burnt(world: World) -> None:
    await world.second_passes(evaluate)
    for _ in range(30):
        world.server.answer("1", good=50, bad=50)
        await world.second_passes(evaluate)


async def test_a_gate_without_traffic_is_not_open(api: httpx.AsyncClient) -> None:
    found = (await api.get("/v1/gate?service=resnet&version=2")).json()
    assert (found["gate"], found["allowed"], found["version"]) == ("unknown", False, "2")
    assert found["reasons"][0].startswith("availability: ")


async def test_a_gate_with_budget_left_is_open(api: httpx.AsyncClient, world: World) -> None:
    await world.second_passes(evaluate)
    world.server.answer("1", good=1000)
    await world.second_passes(evaluate)
    found = (await api.get("/v1/gate?service=resnet")).json()
    assert (found["gate"], found["allowed"]) == ("open", True)
    assert found["reasons"] == ["availability: 100.0% of the budget left"]


async def test_a_page_closes_the_gate_and_an_override_is_written_down(
    api: httpx.AsyncClient, world: World
) -> None:
    await burnt(world)
    found = (await api.get("/v1/gate?service=resnet")).json()
    assert (found["gate"], found["reasons"]) == ("closed", ["availability: people are being paged"])
    asked = await api.post(
        "/v1/gate:override?service=resnet&version=3", json={"reason": "it is the fix"}
    )
    assert (asked.json()["gate"], asked.json()["allowed"]) == ("closed", True)
    entry = (await api.get("/v1/audit")).json()["items"][0]
    assert (entry["verb"], entry["object"]) == ("gate.override", "gate/resnet")
    assert entry["detail"] == {"version": "3", "reason": "it is the fix", "gate": "closed"}


async def test_an_override_needs_a_reason_and_a_service_that_is_known(
    api: httpx.AsyncClient,
) -> None:
    path = "/v1/gate:override?service=resnet"
    assert (await api.post(path, json={"reason": ""})).status_code == 422
    assert (await api.post(path)).status_code == 422
    missing = await api.get("/v1/gate?service=resnett")
    assert missing.status_code == 404
    assert missing.json()["hint"] == "known services: bert, resnet"


async def test_a_service_without_promises_is_not_known_to_be_well(api: httpx.AsyncClient) -> None:
    found = (await api.get("/v1/gate?service=bert")).json()
    assert found["reasons"] == ["no SLO watches this service"]
