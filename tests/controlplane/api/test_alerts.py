import httpx
import pytest

from controlplane.loops.evaluate import evaluate
from controlplane.loops.notify import notify
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def test_without_fire_there_is_neither_alert_nor_message(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/alerts")).json() == {"items": []}
    assert (await api.get("/v1/deliveries")).json() == {"items": []}


async def test_an_alert_and_who_was_told_are_shown(api: httpx.AsyncClient, world: World) -> None:
    await world.second_passes(evaluate)
    for _ in range(30):
        world.server.answer("1", good=0, bad=100)
        await world.second_passes(evaluate)
    await notify(world.plane)
    alerts = (await api.get("/v1/alerts")).json()["items"]
    assert {(alert["slo"], alert["state"]) for alert in alerts} == {("availability", "firing")}
    told = (await api.get("/v1/deliveries")).json()["items"]
    assert {message["state"] for message in told} == {"delivered"}
    assert {message["alertKey"] for message in told} == {alert["key"] for alert in alerts}
