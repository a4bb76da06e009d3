"""What people take out of a budget, and what every number says with it and without."""

import httpx
import pytest

from controlplane.adjustment_desk import take_up
from controlplane.loops.evaluate import evaluate
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio
PATH = "/v1/slos/availability"


async def trouble(world: World) -> tuple[float, float]:
    """Let ten bad minutes pass after ten good ones; return from when to when they were."""
    await world.measure()
    for _ in range(10):
        world.server.answer("1", good=100)
        await world.measure(seconds=60.0)
    begun = world.plane.now()
    for _ in range(10):
        world.server.answer("1", good=50, bad=50)
        await world.measure(seconds=60.0)
    return begun, world.plane.now()


async def test_a_time_that_is_taken_out_is_in_no_number_and_can_be_put_back(
    api: httpx.AsyncClient, world: World
) -> None:
    begun, ended = await trouble(world)
    world.server.answer("1", good=99, bad=1)
    await world.measure(seconds=60.0)
    asked = {"start": begun, "end": ended, "reason": "the rack was moved"}
    entry = (await api.post(f"{PATH}/exclusions", json=asked)).json()
    budget = (await api.get(f"{PATH}/budget")).json()
    assert (budget["bad"], budget["total"]) == (1, 1100)
    assert budget["withoutAdjustments"]["bad"] == 501
    assert budget["withoutAdjustments"]["total"] == 2100
    rules = (await api.get(f"{PATH}/burn")).json()["items"]
    assert max(rule["long"]["bad"] for rule in rules) == 1
    blame = (await api.get(f"{PATH}/blame")).json()
    assert (blame["bad"], sum(part["bad"] for part in blame["parts"])) == (1, 1)
    back = f"{PATH}/exclusions/{entry['id']}:withdraw"
    assert (await api.post(back, json={"reason": "it was not"})).status_code == 201
    budget = (await api.get(f"{PATH}/budget")).json()
    assert (budget["bad"], budget["withoutAdjustments"]) == (501, None)
    assert (await api.post(back, json={"reason": "again"})).status_code == 404
    kinds = [each["kind"] for each in (await api.get(f"{PATH}/exclusions")).json()["items"]]
    assert kinds == ["exclude", "withdraw"]


async def test_nobody_is_called_for_a_time_that_was_taken_out_beforehand(
    api: httpx.AsyncClient, world: World
) -> None:
    now = world.plane.now()
    asked = {"start": now, "end": now + 86_400, "rrule": "FREQ=DAILY", "reason": "load test"}
    assert (await api.post(f"{PATH}/exclusions", json=asked)).status_code == 201
    await world.second_passes(evaluate)
    for _ in range(30):
        world.server.answer("1", good=50, bad=50)
        await world.second_passes(evaluate)
    assert not world.plane.live.alerts
    status = (await api.get(PATH)).json()["status"]
    assert status["state"] == "unknown"


async def test_a_reset_begins_the_budget_anew_and_is_kept_over_a_restart(
    api: httpx.AsyncClient, world: World
) -> None:
    await trouble(world)
    await api.post(f"{PATH}/resets", json={"reason": "agreed with the owners"})
    budget = (await api.get(f"{PATH}/budget")).json()
    assert budget["bad"] == 0
    assert budget["withoutAdjustments"]["bad"] == 500
    world.plane.live.adjustments.clear()
    take_up(world.plane)
    assert (await api.get(f"{PATH}/budget")).json()["bad"] == 0
    (entry,) = (await api.get(f"{PATH}/resets")).json()["items"]
    assert (entry["reason"], entry["actor"]) == ("agreed with the owners", "api")
    verbs = [each["verb"] for each in (await api.get("/v1/audit")).json()["items"]]
    assert "slo.reset" in verbs


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"end": 0.0}, "must end after it begins"),
        ({"rrule": "FREQ=SECONDLY"}, "comes too often"),
        ({"start": 5.0, "end": 9.0}, "begins at most 400 days away"),
    ],
)
async def test_a_time_that_cannot_be_is_refused(
    api: httpx.AsyncClient, world: World, change: dict[str, float | str], advice: str
) -> None:
    now = world.plane.now()
    asked = {"start": now, "end": now + 60, "reason": "because"} | change
    found = await api.post(f"{PATH}/exclusions", json=asked)
    assert found.status_code == 422
    assert advice in found.json()["detail"]


async def test_an_slo_nobody_knows_and_a_reason_left_out_are_refused(
    api: httpx.AsyncClient,
) -> None:
    assert (await api.post("/v1/slos/x/resets", json={"reason": "why not"})).status_code == 404
    assert (await api.post(f"{PATH}/resets", json={"reason": ""})).status_code == 422
