"""SLOs on an engine's samples: exact as pages are, through restarts and changes."""

import asyncio
from functools import partial

import pytest
from aiohttp import web

from controlplane.decide.alert_state import AlertState
from controlplane.loops.engines import read_engines
from controlplane.loops.evaluate import evaluate
from controlplane.loops.measure import save_counts
from controlplane.slo_desk import apply_set, read_set
from tests.controlplane.loops.engine_fleet import (
    BAD,
    GOOD,
    MINE,
    OURS,
    STEP,
    Fleet,
    counts,
    more,
    pass_time,
    settle,
)
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio


async def test_the_past_and_what_follows_add_up_to_every_event(
    around: Surroundings, engine
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        for _ in range(50):
            fleet.scrape(world.plane.now())
            world.clock.elapsed += STEP
        await read_engines(world.plane)
        assert counts(world) == tuple(fleet.truth)
        await pass_time(world, fleet, 40)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)
        await world.measure()  # pages of the service's targets are no part of it
        assert counts(world) == tuple(fleet.truth)
        (promise,) = world.plane.promises.values()
        within = world.plane.counting.span(
            promise.keys, now=world.plane.now(), seconds=10 * STEP + 1
        )
        assert within.gained[promise.total_key] == pytest.approx(fleet.truth.sum() / 9, rel=0.3)


@pytest.mark.parametrize("saved", [True, False])
async def test_a_restart_counts_what_came_in_between_once(
    around: Surroundings, engine, saved
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await pass_time(world, fleet, 10)
        await save_counts(world.plane)
        await pass_time(world, fleet, 7)
        if saved:
            await save_counts(world.plane)
        for _ in range(8):  # down for two minutes
            fleet.scrape(world.plane.now())
            world.clock.elapsed += STEP
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        labels = {"slo": "mine", "service": "resnet", "outcome": "good"}
        shown = partial(
            world.plane.telemetry.registry.get_sample_value, "trimtab_slo_events_total", labels
        )
        assert shown() is None  # the last samples before it was killed are still to be read
        await pass_time(world, fleet, 5)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)
        assert shown() == fleet.truth[0]


async def test_every_slo_may_rest_on_the_engine_and_burns_alike(
    around: Surroundings, engine
) -> None:
    fleet = Fleet(engine[0])
    storage = f'storage: {{series: {{engine: prometheus, url: "{engine[1]}", every: 15s}}}}\n'
    slo = OURS.replace("type: trimtab", "type: Prometheus").replace("duration: 30m", "duration: 2d")
    async with open_world(around, more=storage, slo=slo) as world:
        assert world.plane.promises["availability"].engine == "series"
        await pass_time(world, fleet, 20, share=0.0)
        await evaluate(world.plane)
        assert "availability/page" not in world.plane.live.alerts
        for _ in range(20):
            await pass_time(world, fleet, 1, share=0.9)
            await evaluate(world.plane)
        assert world.plane.live.alerts["availability/page"].state is AlertState.FIRING


async def test_each_set_of_labels_has_a_past_of_its_own(around: Surroundings, engine) -> None:
    fleet = Fleet(engine[0])
    each = MINE.replace("annotations: {}", "annotations: {trimtab.dev/each: instance}")
    async with open_world(around, more=more(engine[1]), slo=each) as world:
        await pass_time(world, fleet, 30)
        await settle(world)
        whole = sum(sum(counts(world, f"mine:{name}")) for name in ("a", "b"))
        assert whole == sum(counts(world)) == fleet.truth.sum()
        for number in range(12):  # another set comes later
            engine[0].show(world.plane.now(), "c", {GOOD: 100.0 + number, BAD: 50.0})
            await pass_time(world, fleet, 1)
        await settle(world)
        assert counts(world, "mine:c") == (11, 0)


@pytest.mark.parametrize("before", [0, 20])
async def test_series_of_a_target_may_be_scraped_at_moments_of_their_own(
    around: Surroundings, engine, before
) -> None:
    """What they show at first happened before, however many pages were there when it began."""
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        for number in range(before + 20):
            engine[0].show(world.plane.now(), "a", {GOOD: 1e6 + 10.0 * number})
            engine[0].show(world.plane.now() + 7.0, "a", {BAD: 1e5 + number})
            world.clock.elapsed += STEP
            if number >= before:
                await read_engines(world.plane)
        await settle(world)
        assert counts(world) == (10 * (before + 19), before + 19)


async def test_an_slo_that_is_let_go_while_its_engine_is_asked_is_counted_no_more(
    around: Surroundings, engine, serve
) -> None:
    fleet, arrived = Fleet(engine[0]), asyncio.Event()

    async def tell(request: web.Request) -> web.Response:
        arrived.set()
        return await engine[0].handle(request)

    async with open_world(around, more=more(await serve(tell))) as world:
        files = {"mine.yaml": MINE}
        for _ in range(10):
            fleet.scrape(world.plane.now())
            world.clock.elapsed += STEP
        apply_set(world.plane, "team", files, read_set(world.plane, files), prune=False)
        reading = asyncio.create_task(read_engines(world.plane))
        await arrived.wait()
        other = {"mine.yaml": MINE.replace('code=~"5.."', 'code="200"')}
        apply_set(world.plane, "team", other, read_set(world.plane, other), prune=False)
        await reading
        assert not world.plane.counting.defines("slo/mine/total")
        await settle(world)
        good, bad = counts(world)
        assert (good, bad) == (fleet.truth[1], fleet.truth[0])


async def test_another_indicator_or_source_goes_on_from_the_same_sums(
    around: Surroundings, engine
) -> None:
    """What the new counters show at first happened before; no event of theirs is made up."""

    def apply(world: World, text: str) -> tuple[str, bool]:
        files = {"mine.yaml": text}
        promises = read_set(world.plane, files)
        (change,) = apply_set(world.plane, "team", files, promises, prune=False)
        return change.change, change.keeps_counts

    async def show(world: World, name: str, begin: float, rounds: int = 8) -> None:
        for number in range(rounds):
            values = {f'{name}{{code="{code}"}}': begin + number for code in (200, 500)}
            engine[0].show(world.plane.now(), "a", values)
            world.clock.elapsed += 31.0
            await read_engines(world.plane)

    async with open_world(around, more=more(engine[1])) as world:
        assert apply(world, MINE) == ("added", True)
        await show(world, "inference_requests_total", 1000.0)
        assert counts(world) == (7, 7)
        other = MINE.replace("inference_requests_total", "answers_total")
        assert apply(world, other) == ("changed", False)
        await show(world, "answers_total", 5000.0, rounds=30)
        assert counts(world) == (7 + 29, 7 + 29)
        paged = other.replace("metricSourceRef: fleet", "type: trimtab")
        assert apply(world, paged) == ("changed", False)
        assert world.plane.promises["mine"].engine == ""
        await world.measure()
        assert world.plane.counting.sources("slo/mine/total") >= {"server"}
        assert counts(world) == (7 + 29, 7 + 29)
