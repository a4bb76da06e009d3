"""One SLO over many label sets: each set is an SLO of its own, counted from its first event on."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from controlplane.decide.alert_state import AlertState
from controlplane.gate_desk import ask_gate
from controlplane.loops.evaluate import evaluate
from controlplane.loops.measure import save_counts
from controlplane.loops.vanish import watch_for_silence
from controlplane.slo_evaluation import evaluate_promise
from tests.controlplane.small_world import SLO, Surroundings, World, open_world

pytestmark = pytest.mark.anyio
EACH = SLO.replace(
    '{trimtab.dev/blame-by: "version,target"}',
    '{trimtab.dev/each: version, trimtab.dev/each-limit: "3", trimtab.dev/no-data: 10m}',
)


@pytest.fixture
async def families(around: Surroundings) -> AsyncIterator[World]:
    async with open_world(around, slo=EACH) as world:
        yield world


def counts(world: World, name: str) -> tuple[int, int]:
    promise = world.plane.promises[name]
    found = evaluate_promise(promise, world.plane.counting, now=world.plane.now()).budget.counts
    return found.bad, found.total


async def test_each_set_has_its_own_counts_and_the_family_has_all(families: World) -> None:
    await families.measure()
    families.server.answer("1", good=90, bad=10)
    families.server.answer("2", good=50)
    await families.measure()
    assert sorted(families.plane.promises) == ["availability", "availability:1", "availability:2"]
    assert counts(families, "availability:1") == (10, 100)
    assert counts(families, "availability:2") == (0, 50)
    assert counts(families, "availability") == (10, 150)


async def test_the_first_events_of_a_set_that_comes_later_are_counted(families: World) -> None:
    await families.measure()
    families.server.answer("3", good=1, bad=37)
    await families.measure()
    assert counts(families, "availability:3") == (37, 38)


async def test_a_set_burns_alone_and_its_family_calls_nobody(families: World) -> None:
    await families.second_passes(evaluate)
    for _ in range(30):
        families.server.answer("1", good=0, bad=100)
        families.server.answer("2", good=100)
        await families.second_passes(evaluate)
    firing = {record.key: record.labels for record in families.plane.alerts.list()}
    assert set(firing) == {"availability:1/page", "availability:1/ticket"}
    labels = firing["availability:1/page"]
    assert (labels["version"], labels["slo_family"]) == ("1", "availability")
    found = ask_gate(families.plane, "resnet")
    assert "availability:1: people are being paged" in found.reasons


async def test_sets_beyond_the_limit_are_told_and_not_watched(
    families: World, app: FastAPI
) -> None:
    for version in ("3", "4", "5"):
        families.server.answer(version, good=1)
    await families.measure()
    assert "availability:4" not in families.plane.promises
    families.server.answer("4", good=1)
    await families.measure()
    app.state.plane = families.plane
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        found = (await client.get("/v1/slos/availability")).json()
        assert found["spec"]["each"] == ["version"]
        assert found["status"]["reason"] == (
            "3 SLOs, one for each set of labels; "
            "at least 2 more are beyond its limit, and not watched"
        )
        member = (await client.get("/v1/slos/availability:1")).json()
        assert (member["spec"]["family"], member["spec"]["values"]) == (
            "availability",
            {"version": "1"},
        )


async def test_a_restart_goes_on_with_every_set_it_ever_met(around: Surroundings) -> None:
    async with open_world(around, slo=EACH) as world:
        await world.measure()
        world.server.answer("1", good=90, bad=10)
        await world.measure()
        await save_counts(world.plane)
        world.server.answer("1", good=0, bad=5)
        world.server.answer("3", good=0, bad=2)
    async with open_world(around, slo=EACH) as world:
        assert "availability:2" in world.plane.promises
        await world.measure()
        assert counts(world, "availability:1") == (15, 105)
        assert counts(world, "availability:3") == (2, 2)


async def test_a_set_without_events_for_so_long_calls_someone_but_does_not_hold_up_a_deployment(
    families: World,
) -> None:
    await families.second_passes(watch_for_silence)
    for _ in range(130):
        families.server.answer("1", good=100)
        await families.measure(6.0)
    await evaluate(families.plane)
    await watch_for_silence(families.plane)
    alerts = families.plane.live.alerts
    assert alerts["availability:2/no-data"].state is AlertState.FIRING
    assert "availability:1/no-data" not in alerts
    assert not any(key.startswith("availability/") for key in alerts)
    assert ask_gate(families.plane, "resnet").gate == "open"
    families.server.answer("2", good=1)
    for _ in range(3):
        await families.measure(6.0)
        await watch_for_silence(families.plane)
    assert alerts["availability:2/no-data"].state is AlertState.RESOLVED


async def test_when_no_page_comes_the_family_calls_once(families: World) -> None:
    await families.second_passes(watch_for_silence)
    families.clock.elapsed += 400.0
    await watch_for_silence(families.plane)
    vanished = {k for k in families.plane.live.alerts if k.endswith("/vanished")}
    assert vanished == {"availability/vanished"}


ODD = ['say "hi"', "two\\nlines", "a/b", "a b", "x" * 1000, "\u6a21\u578b"]


async def test_values_of_any_characters_are_sets_of_their_own(
    around: Surroundings, app: FastAPI
) -> None:
    async with open_world(around, slo=EACH.replace('each-limit: "3"', 'each-limit: "30"')) as world:
        await world.measure()
        for number, value in enumerate(ODD, 1):
            escaped = value.replace('"', '\\"')
            world.server.answer(escaped, good=0, bad=number)
        await world.measure()
        await save_counts(world.plane)
    async with open_world(around, slo=EACH.replace('each-limit: "3"', 'each-limit: "30"')) as world:
        await world.measure()
        found = {
            world.plane.promises[name].slo.values["version"]: counts(world, name)
            for name in world.plane.families.members("availability")
        }
        values = [value.replace("\\n", "\n") for value in ODD]
        assert {value: found[value] for value in values} == {
            value: (number, number) for number, value in enumerate(values, 1)
        }
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            shown = (await client.get("/v1/slos")).json()["items"]
            assert len(shown) == 1 + 2 + len(ODD)
            assert (await client.get("/metrics")).status_code == 200


async def test_a_limit_that_was_lowered_holds_after_a_restart(around: Surroundings) -> None:
    async with open_world(around, slo=EACH) as world:
        await world.measure()
        assert len(world.plane.families.members("availability")) == 2
    async with open_world(around, slo=EACH.replace('each-limit: "3"', 'each-limit: "1"')) as world:
        assert world.plane.families.members("availability") == ("availability:1",)
        assert world.plane.families.left_out == {"availability": 1}
