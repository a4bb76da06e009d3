import asyncio
from dataclasses import replace

import pytest
from aiohttp import web

from controlplane.loops.measure import measure_group, save_counts
from controlplane.store.counts import CountStore
from slo import Selector
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio

REQUESTS = (Selector(name="inference_requests_total"),)


async def test_a_page_is_counted_kept_and_told(world: World) -> None:
    world.plane.counting.define("all", REQUESTS, sources=["server"])
    waiting = asyncio.create_task(world.plane.live.news.wait())
    await world.measure()
    world.server.answer("1", good=7)
    await world.measure()
    assert world.plane.counting.value("all") == 7.0
    assert world.plane.live.targets["server"].server == "reference-server"
    assert "server" in world.plane.live.pages
    await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        pytest.param(500, "", "down", id="an error is down"),
        pytest.param(200, "<html>", "down", id="no metrics page is down"),
        pytest.param(200, "", "down", id="an empty page is down"),
    ],
)
async def test_a_page_that_says_nothing_keeps_the_last_standing(
    world: World, serve, status: int, body: str, state: str
) -> None:
    await world.measure()
    before = world.plane.live.targets["server"]

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    target = replace(world.plane.book.targets[0], url=await serve(answer))
    world.clock.elapsed += 60
    await measure_group(world.plane, (target,))
    after = world.plane.live.targets["server"]
    assert (after.state, after.at, after.samples) == (state, before.at, before.samples)
    assert after.reason != "ok"
    assert after.server == before.server


async def test_nobody_listening_is_down_and_a_late_answer_is_unknown(world: World, serve) -> None:
    async def sleep(_request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    target = world.plane.book.targets[0]
    await measure_group(world.plane, (replace(target, url="http://127.0.0.1:1/metrics"),))
    assert world.plane.live.targets["server"].state == "down"
    late = replace(target, url=await serve(sleep), timeout=0.1)
    await measure_group(world.plane, (late,))
    assert world.plane.live.targets["server"].state == "unknown"


async def test_a_target_that_names_its_server_is_taken_at_its_word(world: World, serve) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="up 1\n")

    target = replace(world.plane.book.targets[0], url=await serve(answer))
    await measure_group(world.plane, (target,))
    assert world.plane.live.targets["server"].server is None
    await measure_group(world.plane, (replace(target, server="triton"),))
    assert world.plane.live.targets["server"].server == "triton"


async def test_what_was_counted_while_the_plane_was_away_is_not_lost(
    around: Surroundings,
) -> None:
    async with open_world(around) as world:
        world.plane.counting.define("all", REQUESTS, sources=["server"])
        await world.measure()
        around.server.answer("1", good=10)
        await world.measure()
        await save_counts(world.plane)
        around.server.answer("1", good=5)
        await world.measure()
    around.server.answer("1", good=100)
    around.clock.elapsed += 60
    async with open_world(around) as world:
        world.plane.counting.define("all", REQUESTS, sources=["server"])
        await world.measure()
        assert world.plane.counting.value("all") == 115.0


async def test_what_no_window_reaches_is_forgotten(world: World) -> None:
    await save_counts(world.plane)
    began = CountStore(world.plane.engine).began()
    assert began is not None
    world.clock.elapsed += 500 * 86_400
    await save_counts(world.plane)
    later = CountStore(world.plane.engine).began()
    assert later is not None
    assert later > began
