import asyncio
from dataclasses import replace

import pytest
from aiohttp import web

from controlplane.loops.probe import ask, questions
from controlplane.probe_page import PROBES
from probes.inference import Golden
from slo import Selector
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def ask_all(world: World) -> None:
    for question in questions(world.plane):
        await ask(world.plane, question)


async def test_nobody_is_asked_before_versions_and_server_are_known(world: World) -> None:
    await ask_all(world)
    await world.moves()
    await ask_all(world)
    assert world.plane.live.probes == {}


async def test_every_version_is_asked_and_counted(world: World) -> None:
    await world.moves()
    await world.measure()
    world.server.versions["2"] = 503
    for _ in range(3):
        await ask_all(world)
    fine = world.plane.live.probes["resnet", "1", "ready"]
    sick = world.plane.live.probes["resnet", "2", "ready"]
    assert (fine.ok, fine.good, fine.total, fine.failures_in_row) == (True, 3, 3, 0)
    assert (sick.ok, sick.good, sick.total, sick.failures_in_row) == (False, 0, 3, 3)
    assert sick.reason == "HTTP 503"


async def test_one_good_answer_ends_a_row_of_failures(world: World) -> None:
    await world.moves()
    await world.measure()
    world.server.versions["1"] = 503
    await ask_all(world)
    world.server.versions["1"] = 200
    await ask_all(world)
    assert world.plane.live.probes["resnet", "1", "ready"].failures_in_row == 0


async def test_an_answer_that_taught_nothing_is_in_no_count(world: World, serve) -> None:
    async def sleep(_request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    await world.moves()
    await world.measure()
    (question,) = questions(world.plane)
    impatient = replace(question.probe, timeout=0.05)
    await ask(
        world.plane,
        replace(
            question,
            urls=(await serve(sleep),),
            probe=impatient,
        ),
    )
    found = world.plane.live.probes["resnet", "1", "ready"]
    assert (found.ok, found.total, found.failures_in_row) == (None, 0, 0)


async def test_a_version_that_gives_another_answer_than_the_known_one_is_not_well(
    world: World,
) -> None:
    await world.moves()
    await world.measure()
    (question,) = questions(world.plane)
    golden = Golden(request=b"{}", output="label", argmax=3)
    inference = replace(question.probe, kind="inference")
    await ask(world.plane, replace(question, golden=golden, probe=inference))
    assert world.plane.live.probes["resnet", "1", "inference"].ok is False


async def test_an_slo_can_rest_on_probes(world: World) -> None:
    probes = Selector(name="trimtab_probe_total").where(service="resnet")
    world.plane.counting.define("probes", (probes,), sources=[PROBES])
    await world.moves()
    await world.measure()
    await ask_all(world)
    before = world.plane.counting.value("probes")
    for _ in range(3):
        await ask_all(world)
    assert world.plane.counting.value("probes") - before == 6.0
