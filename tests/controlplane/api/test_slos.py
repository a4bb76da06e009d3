import httpx
import pytest

from controlplane.loops.evaluate import evaluate
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def test_an_slo_without_traffic_is_unknown_and_nothing_is_made_up(
    api: httpx.AsyncClient,
) -> None:
    (found,) = (await api.get("/v1/slos")).json()["items"]
    assert found["status"]["state"] == "unknown"
    assert found["status"]["budget"]["remainingRatio"] is None
    assert all(rule["firing"] is None for rule in found["status"]["burn"])


async def test_an_slo_shows_what_was_counted(api: httpx.AsyncClient, world: World) -> None:
    await evaluate(world.plane)
    await world.measure()
    world.server.answer("1", good=999, bad=1)
    await world.second_passes(evaluate)
    found = (await api.get("/v1/slos/availability")).json()
    budget = found["status"]["budget"]
    assert (budget["good"], budget["bad"], budget["total"]) == (999, 1, 1000)
    assert budget["remainingRatio"] == pytest.approx(0.9)
    assert found["status"]["state"] == "ok"
    assert found["spec"]["target"] == 0.99
    assert (await api.get("/v1/slos/availability/budget")).json() == budget


async def test_an_slo_that_burns_says_which_rule_and_why(
    api: httpx.AsyncClient, world: World
) -> None:
    await world.second_passes(evaluate)
    for _ in range(30):
        world.server.answer("1", good=50, bad=50)
        await world.second_passes(evaluate)
    status = (await api.get("/v1/slos/availability")).json()["status"]
    assert status["state"] == "exhausted"
    assert next(rule["severity"] for rule in status["burn"] if rule["firing"]) == "page"
    assert status["reason"] == status["burn"][0]["reason"]


async def test_an_slo_nobody_knows_is_told_which_there_are(api: httpx.AsyncClient) -> None:
    for path in ("/v1/slos/speed", "/v1/slos/speed/budget"):
        response = await api.get(path)
        assert response.status_code == 404
        assert response.json()["hint"] == "known SLOs: availability"
