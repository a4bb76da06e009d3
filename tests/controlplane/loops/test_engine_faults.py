"""Engines that are away, answer in part, nonsense or nothing new: told, and nothing is lost."""

import httpx
import pytest
from aiohttp import web
from fastapi import FastAPI

from controlplane.decide.alert_state import AlertState
from controlplane.gate_desk import ask_gate
from controlplane.loops.engines import read_engines
from controlplane.loops.vanish import watch_for_silence
from tests.controlplane.loops.engine_fleet import MINE, Fleet, counts, more, pass_time, settle
from tests.controlplane.small_world import Surroundings, open_world

pytestmark = pytest.mark.anyio


async def test_an_outage_is_told_pages_and_loses_nothing(
    around: Surroundings, engine, app: FastAPI
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await pass_time(world, fleet, 10, share=0.0)
        engine[0].status = 503
        for _ in range(24):
            await pass_time(world, fleet, 1)
            await watch_for_silence(world.plane)
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            (feed,) = (await api.get("/v1/engines")).json()["items"]
            assert (feed["ok"], feed["targets"]) == (False, 2)
            assert "answered HTTP 503: no luck" in feed["reason"]
            shown = (await api.get("/v1/slos/mine")).json()["status"]
            assert "answered HTTP 503" in shown["reason"]
            assert shown["state"] == "unknown"
            assert shown["restsOn"] == "the engine fleet"
        assert world.plane.live.alerts["mine/vanished"].state is AlertState.FIRING
        (record,) = [r for r in world.plane.alerts.list() if r.key == "mine/vanished"]
        assert record.annotations["summary"].startswith("no sample of the engine fleet")
        engine[0].status = 200
        await pass_time(world, fleet, 12)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)
        for _ in range(6):
            await pass_time(world, fleet, 2)
            await watch_for_silence(world.plane)
        assert world.plane.live.alerts["mine/vanished"].state is AlertState.RESOLVED


@pytest.mark.parametrize(
    ("how", "said"),
    [({"warning": "a store did not answer"}, "a store"), ({"partial": True}, "a part of")],
    ids=["Thanos", "VictoriaMetrics"],
)
async def test_an_answer_in_part_is_not_counted_and_asked_again(
    around: Surroundings, engine, how, said
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await pass_time(world, fleet, 6)
        before = counts(world)
        for name, value in how.items():
            setattr(engine[0], name, value)
        await pass_time(world, fleet, 6)
        assert counts(world) == before
        feed = world.plane.live.feeds["mine"]
        assert (feed.ok, f"answered in part: {said}" in feed.reason) == (False, True)
        engine[0].warning, engine[0].partial = "", False
        await pass_time(world, fleet, 4)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)


async def test_an_engine_that_answers_nonsense_holds_up_no_other(
    around: Surroundings, engine, serve
) -> None:
    async def nonsense(_: web.Request) -> web.Response:
        return web.json_response({"status": "success", "data": [{"job": "j"}]})

    fleet, wrong = Fleet(engine[0]), await serve(nonsense)
    engines = more(engine[1]).replace(
        "engines: {", f'engines: {{wrong: {{engine: prometheus, url: "{wrong}"}}, '
    )
    both = (
        MINE + "---" + MINE.replace("name: mine", "name: his").replace("Ref: fleet", "Ref: wrong")
    )
    async with open_world(around, more=engines, slo=both) as world:
        await pass_time(world, fleet, 10)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)
        assert "answered what is none of Prometheus's API" in world.plane.live.uncounted["his"]


async def test_a_clock_that_is_put_back_stops_nothing(around: Surroundings, engine) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await pass_time(world, fleet, 10)
        asked = engine[0].asked
        world.clock.set_on = -3600.0
        for _ in range(2):
            world.clock.elapsed += 60.0
            await read_engines(world.plane)
        assert engine[0].asked > asked
        world.clock.set_on = 0.0
        await pass_time(world, fleet, 5)
        await settle(world)
        good_and_bad = world.plane.counting.value("slo/mine/total")
        assert good_and_bad == fleet.truth.sum()


async def test_an_engine_that_has_nothing_new_says_nothing_about_now(
    around: Surroundings, engine
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await read_engines(world.plane)
        assert world.plane.live.uncounted["mine"] == "the engine fleet knows no sample of it"
        await pass_time(world, fleet, 10, share=0.0)
        assert world.plane.live.uncounted["mine"] == ""
        world.clock.elapsed += 400.0
        await read_engines(world.plane)
        assert "s old" in world.plane.live.uncounted["mine"]
        assert ask_gate(world.plane, "resnet").gate == "unknown"
