import httpx
import pytest

from controlplane.loops.protect import protect
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def watched(world: World) -> None:
    await world.moves()
    await world.second_passes(protect)


async def test_an_order_holds_against_the_rules_until_it_is_released(
    api: httpx.AsyncClient, world: World
) -> None:
    await watched(world)
    opened = (await api.post("/v1/breakers/resnet/2:open", json={"reason": "drill"})).json()
    assert opened["weightFactor"] == 0.0
    world.clock.elapsed += 3600
    await world.second_passes(protect)
    listed = (await api.get("/v1/breakers")).json()["items"]
    assert {b["version"]: b["weightFactor"] for b in listed} == {"1": 1.0, "2": 0.0}
    reset = (await api.post("/v1/breakers/resnet/2:reset")).json()
    assert (reset["state"], reset["weightFactor"]) == ("closed", 1.0)


async def test_a_version_can_be_kept_in_traffic_whatever_happens(
    api: httpx.AsyncClient, world: World
) -> None:
    await watched(world)
    await api.post("/v1/breakers/resnet/1:close")
    for _ in range(4):
        world.server.answer("1", good=0, bad=100)
        await world.second_passes(protect)
    (found,) = [b for b in (await api.get("/v1/breakers")).json()["items"] if b["version"] == "1"]
    assert found["weightFactor"] == 1.0


async def test_an_order_is_written_down(api: httpx.AsyncClient, world: World) -> None:
    await watched(world)
    await api.post("/v1/breakers/resnet/2:open", json={"reason": "drill"})
    (entry,) = (await api.get("/v1/audit")).json()["items"]
    assert (entry["verb"], entry["object"]) == ("breaker.open", "breaker/resnet/2")
    assert entry["detail"] == {"reason": "drill"}


async def test_a_breaker_nobody_knows_is_told_which_there_are(
    api: httpx.AsyncClient, world: World
) -> None:
    await watched(world)
    for verb in ("open", "close", "reset"):
        response = await api.post(f"/v1/breakers/resnet/9:{verb}")
        assert response.status_code == 404
        assert response.json()["hint"] == "breakers: resnet/1, resnet/2"
