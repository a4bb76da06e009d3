from dataclasses import replace

import pytest

from controlplane.loops.probe import ask, questions
from controlplane.loops.protect import protect
from controlplane.plane import Plane
from probes.breaker import State
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio


async def probe(plane: Plane) -> None:
    for question in questions(plane):
        await ask(plane, question)


def state(world: World, version: str = "1") -> State:
    return world.plane.live.breakers["resnet", version].state


async def calm(world: World, seconds: int = 3) -> None:
    for _ in range(seconds):
        await world.moves()
        world.server.answer("1", good=50)
        await world.second_passes(probe, protect)


async def failing(world: World, seconds: int = 2) -> None:
    for _ in range(seconds):
        world.server.answer("1", good=0, bad=50)
        await world.second_passes(protect)


async def test_without_traffic_figures_nothing_is_decided(world: World) -> None:
    await protect(world.plane)
    await world.moves()
    await protect(world.plane)
    assert world.plane.live.breakers == {}


async def test_a_version_that_is_fine_stays_in_traffic(world: World) -> None:
    await calm(world)
    assert state(world) is State.CLOSED
    assert world.plane.live.factors["resnet", "1"] == 1.0


async def test_failures_open_the_breaker_and_it_is_told_and_saved(world: World) -> None:
    await calm(world)
    await failing(world, 4)
    assert state(world) is State.OPEN
    (told,) = world.plane.trail.events(subject="service/resnet")
    assert told.kind == "breaker.open"
    assert "calls failed" in told.text
    assert world.plane.services.breakers()["resnet", "1"]["state"] == "open"


async def test_slow_answers_open_it_too(world: World) -> None:
    await calm(world)
    for _ in range(20):
        world.server.answer("1", good=0, slow=50)
        await world.second_passes(protect)
    assert state(world) is State.OPEN
    assert "slow" in world.plane.live.breakers["resnet", "1"].reason


async def test_failed_probes_open_it_without_any_traffic(world: World) -> None:
    await calm(world, 1)
    world.server.versions["1"] = 503
    for _ in range(3):
        await world.second_passes(probe, protect)
    assert state(world) is State.OPEN


async def test_weights_follow_to_the_version_that_served_before_and_back(
    around: Surroundings,
) -> None:
    async with open_world(around) as world:
        await calm(world)
        with world.plane.engine.begin() as connection:
            record = replace(world.plane.services.list()["resnet"], previous="2")
            world.plane.services.save(connection, record, now=0.0)
        await failing(world, 4)
        await world.moves()
        assert world.router.weights == {"1": 0.0, "2": 100.0}
        for _ in range(6):
            await world.second_passes(probe, protect)
        assert state(world) is State.HALF_OPEN
        await world.moves()
        assert world.router.weights == {"1": pytest.approx(5.0), "2": pytest.approx(95.0)}
        world.server.answer("1", good=10)
        await world.second_passes(probe, protect)
        assert state(world) is State.CLOSED
        await world.moves()
        assert world.router.weights == {"1": 100.0, "2": 0.0}


async def test_an_open_breaker_is_still_open_after_a_kill(around: Surroundings) -> None:
    async with open_world(around) as world:
        await calm(world)
        await failing(world, 4)
    async with open_world(around) as world:
        assert state(world) is State.OPEN
        assert world.plane.live.factors["resnet", "1"] == 0.0
