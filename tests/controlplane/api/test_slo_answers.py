"""The numbers behind a promise."""

import httpx
import pytest

from controlplane.loops.evaluate import evaluate
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio
PATH = "/v1/slos/availability"


async def test_every_rule_shows_the_counts_of_its_windows(
    api: httpx.AsyncClient, world: World
) -> None:
    await world.second_passes(evaluate)
    world.server.answer("1", good=90, bad=10)
    await world.second_passes(evaluate)
    rules = (await api.get(f"{PATH}/burn")).json()["items"]
    assert len(rules) == len(world.plane.promises["availability"].rules)
    for rule in rules:
        assert (rule["long"]["bad"], rule["long"]["total"]) == (10, 100)
        assert rule["long"]["burn"] == pytest.approx(10.0)
        assert rule["chance"] < 1e-6
        length = rule["long"]["seconds"]
        assert rule["threshold"] == pytest.approx(rule["budgetShare"] * 1800 / length)


async def test_without_traffic_no_rule_says_anything(api: httpx.AsyncClient) -> None:
    for rule in (await api.get(f"{PATH}/burn")).json()["items"]:
        assert (rule["long"]["burn"], rule["chance"], rule["firing"]) == (None, None, None)


async def test_blame_names_the_version_and_adds_up(api: httpx.AsyncClient, world: World) -> None:
    world.server.answer("2", good=0)
    await world.measure()
    world.server.answer("1", good=900, bad=1)
    world.server.answer("2", good=50, bad=49)
    await world.measure()
    found = (await api.get(f"{PATH}/blame", params={"by": "version"})).json()
    assert [part["values"] for part in found["parts"]] == [["2"], ["1"]]
    assert [part["bad"] for part in found["parts"]] == [49, 1]
    assert sum(part["total"] for part in found["parts"]) == found["total"] == 1000
    both = (await api.get(f"{PATH}/blame")).json()
    assert both["parts"][0]["values"] == ["2", "server"]
    wrong = await api.get(f"{PATH}/blame", params={"by": "tenant"})
    assert wrong.status_code == 422
    assert "known labels: version, target" in wrong.json()["detail"]


async def test_a_forecast_of_a_short_life_says_that_little_is_known(
    api: httpx.AsyncClient, world: World
) -> None:
    await world.measure()
    found = (await api.get(f"{PATH}/forecast")).json()
    assert found["outlooks"] == []
    assert found["reason"].startswith("too little is known")


async def test_a_budget_that_burns_steadily_has_an_end_in_sight(
    api: httpx.AsyncClient, world: World
) -> None:
    await world.measure()
    for minute in range(40):
        world.server.answer("1", good=98, bad=0 if minute < 28 else 2)
        await world.measure(seconds=60.0)
    found = (await api.get(f"{PATH}/forecast")).json()
    # 24 of 30 are gone by now, two more go each minute, and good minutes roll off.
    assert found["earliestSeconds"] is not None
    assert found["earliestSeconds"] <= 180.0
    assert found["reason"].startswith("gone in")


async def test_history_is_told_step_by_step(api: httpx.AsyncClient, world: World) -> None:
    await world.measure()
    for _ in range(10):
        world.server.answer("1", good=9, bad=1)
        await world.measure(seconds=60.0)
    asked = {"windowSeconds": 600, "steps": 10}
    steps = (await api.get(f"{PATH}/history", params=asked)).json()["steps"]
    assert sum(step["total"] for step in steps) == 100
    assert all(step["bad"] == 1 for step in steps)
    assert [step["start"] for step in steps[1:]] == [step["end"] for step in steps[:-1]]


@pytest.mark.parametrize("what", ["burn", "forecast", "blame", "history"])
async def test_an_slo_nobody_knows_is_told(api: httpx.AsyncClient, what: str) -> None:
    assert (await api.get(f"/v1/slos/speed/{what}")).status_code == 404


async def test_windows_out_of_reach_are_refused(api: httpx.AsyncClient) -> None:
    found = await api.get(f"{PATH}/history", params={"steps": 100_000})
    assert found.status_code == 422
