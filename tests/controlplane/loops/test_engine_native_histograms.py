"""Native histograms on an engine's samples: exact at an edge, bounded between."""

import numpy as np
import pytest

from controlplane.loops.engines import read_engines
from controlplane.loops.measure import save_counts
from controlplane.slo_evaluation import evaluate_promise, perhaps_good
from tests.controlplane.loops.engine_fleet import counts, more, threshold
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio


NATIVE = threshold("seconds", 0.5)


async def test_native_histograms_are_exact_at_an_edge_through_coarser_schemas_and_a_restart(
    around: Surroundings, engine
) -> None:
    rng, seen = np.random.default_rng(3), []

    async def pass_native(world: World, schema: int, steps: int) -> None:
        for _ in range(steps):
            seen.extend(np.exp(rng.normal(-0.7, 1.0, size=30)).tolist())
            engine[0].show_native(world.plane.now(), "a", "seconds", seen, schema)
            world.clock.elapsed += 31.0
            await read_engines(world.plane)

    def truth() -> tuple[int, int]:
        within = sum(each <= 0.5 for each in seen[30:])  # what the first showed happened before
        return within, len(seen) - 30 - within

    async with open_world(around, more=more(engine[1]), slo=NATIVE) as world:
        await pass_native(world, 5, 6)
        await pass_native(world, 3, 3)
        assert counts(world, "fast") == truth()
        await save_counts(world.plane)
        await pass_native(world, 1, 2)  # read, and lost with the process
    async with open_world(around, more=more(engine[1]), slo=NATIVE) as world:
        await pass_native(world, 0, 3)
        assert counts(world, "fast") == truth()


async def test_a_limit_between_the_edges_of_native_histograms_is_bounded_or_refused(
    around: Surroundings, engine
) -> None:
    between = NATIVE.replace("value: 0.5", "value: 0.6")
    observed = [0.3, 0.55, 0.58, 0.65, 2.0]
    async with open_world(around, more=more(engine[1]), slo=between) as world:
        for number in range(1, 4):
            engine[0].show_native(world.plane.now(), "a", "seconds", observed * number, 1)
            world.clock.elapsed += 31.0
            await read_engines(world.plane)
        assert "No bucket of seconds ends at 0.6" in world.plane.live.uncounted["fast"]
    bounded = between.replace(
        "{name: fast}", "{name: near, annotations: {trimtab.dev/between-edges: bound}}"
    )
    async with open_world(around, more=more(engine[1]), slo=bounded) as world:
        for number in range(4, 7):
            engine[0].show_native(world.plane.now(), "a", "seconds", observed * number, 1)
            world.clock.elapsed += 31.0
            await read_engines(world.plane)
        assert counts(world, "near") == (5, 20)
        promise = world.plane.promises["near"]
        found = evaluate_promise(promise, world.plane.counting, now=world.plane.now())
        assert perhaps_good(promise, world.plane.counting, found) > 0
