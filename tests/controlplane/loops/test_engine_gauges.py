"""Gauges and slices on an engine's samples: each reading once, each slice once."""

import pytest

from controlplane.loops.engines import read_engines
from tests.controlplane.loops.engine_fleet import (
    MINE,
    STEP,
    Fleet,
    counts,
    more,
    pass_time,
    settle,
    threshold,
)
from tests.controlplane.small_world import Surroundings, open_world

pytestmark = pytest.mark.anyio


async def test_slices_are_cut_by_the_samples_own_times(around: Surroundings, engine) -> None:
    fleet = Fleet(engine[0])
    slices = MINE.replace("budgetingMethod: Occurrences", "budgetingMethod: Timeslices").replace(
        "target: 0.99}", "target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 1m}"
    )
    async with open_world(around, more=more(engine[1]), slo=slices) as world:
        for share in (0.0, 1.0):
            await pass_time(world, fleet, 20, share=share)
        await settle(world)
        good, bad = counts(world)
        assert good + bad in (9, 10)
        assert bad in (4, 5, 6)
        promise = world.plane.promises["mine"]
        early = world.plane.counting.gained_between(
            promise.keys, world.plane.now() - 560.0, world.plane.now() - 330.0
        )
        assert early[promise.part_key] == early[promise.total_key] >= 3


GAUGE = threshold("depth", 5)


async def test_each_reading_of_a_gauge_is_counted_once_from_the_first_on(
    around: Surroundings, engine
) -> None:
    async with open_world(around, more=more(engine[1]), slo=GAUGE) as world:
        for number in range(40):
            engine[0].show(world.plane.now(), "a", {"depth": float(number % 10)})
            world.clock.elapsed += STEP
            if number > 20:
                await read_engines(world.plane)
        await settle(world)
        assert counts(world, "fast") == (24, 16)


@pytest.mark.parametrize("late", range(0, 75, 15))
async def test_no_slice_is_lost_or_counted_twice_where_watching_begins(
    around: Surroundings, engine, late
) -> None:
    slices = GAUGE.replace("budgetingMethod: Occurrences", "budgetingMethod: Timeslices").replace(
        "target: 0.9}", "target: 0.9, timeSliceTarget: 0.9, timeSliceWindow: 1m}"
    )
    keeps: dict[float, bool] = {}
    async with open_world(around, more=more(engine[1]), slo=slices) as world:

        async def show(steps: int, *, read: bool) -> None:
            for _ in range(steps):
                slice_, second = divmod(world.plane.now(), 60.0)
                is_bad = slice_ % 2 == 1 and second == 45.0  # the last page of every other slice
                keeps[slice_] = keeps.get(slice_, True) and not is_bad
                engine[0].show(world.plane.now(), "a", {"depth": 9.0 if is_bad else 1.0})
                world.clock.elapsed += STEP
                if read:
                    await read_engines(world.plane)

        await show(20, read=False)
        world.clock.elapsed += late  # nothing new comes for a while, and then watching begins
        await read_engines(world.plane)
        await show(20, read=True)
        await settle(world)
        over = [keeps[slice_] for slice_ in sorted(keeps)[:-1]]
        assert counts(world, "fast") == (over.count(True), over.count(False))
