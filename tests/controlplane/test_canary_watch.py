"""Versions that no label tells apart, on a server that counts only what went well."""

from dataclasses import replace

import pytest

from canary_analysis import Decision
from controlplane import rollout_draft
from controlplane.canary_counts import MOST_EDGES, Watched, some_edges
from controlplane.canary_watch import CanaryWatch
from probes.layout_cache import LayoutCache
from probes.plugins import installed
from probes.reading import read_service
from tests.controlplane.small_world import World, asked

pytestmark = pytest.mark.anyio
KSERVE = installed("trimtab.servers")["kserve"]
LAYOUTS = LayoutCache()
LIMITS = (0.1, 0.5)


def page(target: str, *, attempts: int, good: int):
    """One replica's page: attempts and successes are the counts of two histograms."""
    lines = []
    for step, count in (("preprocess", attempts), ("predict", attempts), ("postprocess", good)):
        name = f"request_{step}_seconds"
        lines += [f'{name}_bucket{{model_name="iris",le="{edge}"}} {count}' for edge in LIMITS]
        lines.append(f'{name}_bucket{{model_name="iris",le="+Inf"}} {count}')
        lines.append(f'{name}_count{{model_name="iris"}} {count}')
    return LAYOUTS.read(target, ("\n".join(lines) + "\n").encode())


@pytest.mark.parametrize(
    ("canary_good", "expected"),
    [(0.5, {Decision.ROLLBACK}), (1.0, set(Decision) - {Decision.ROLLBACK})],
)
async def test_versions_with_targets_of_their_own_are_compared(
    world: World, canary_good: float, expected: set[Decision]
) -> None:
    counting = world.plane.counting
    reading = read_service(KSERVE, [page("old", attempts=1, good=1)], model="iris")
    assert reading is not None
    assert not reading.by_label
    assert not reading.counts_bad
    await world.moves()
    rollout = rollout_draft.draft(world.plane, asked()).measured_against("1", now=world.plane.now())
    watched = Watched(
        reading=reading,
        model="iris",
        targets=("new", "old"),
        own_targets={"1": ("old",), "2": ("new",)},
        edges=reading.edges,
    )
    watch = CanaryWatch(counting)
    watch.begin(rollout, watched, saved=None)
    verdict = None
    for step in range(60):
        for target, share in (("old", 1.0), ("new", canary_good)):
            count = 100 * step
            shown = page(target, attempts=count, good=round(share * count))
            counting.observe(target, shown.layout.series, shown.values, started=None)
        world.clock.elapsed += 1.0
        verdict = watch.look(rollout, now=world.plane.now())
    assert verdict is not None
    assert verdict.decision in expected
    assert watch.canary_requests(rollout) == 5900


async def test_a_replica_that_comes_later_is_counted_too(world: World) -> None:
    counting = world.plane.counting
    reading = read_service(KSERVE, [page("old", attempts=1, good=1)], model="iris")
    assert reading is not None
    await world.moves()
    rollout = rollout_draft.draft(world.plane, asked()).measured_against("1", now=world.plane.now())
    first = Watched(
        reading=reading,
        model="iris",
        targets=("new",),
        own_targets={"1": (), "2": ("new",)},
        edges=reading.edges,
    )
    watch = CanaryWatch(counting)
    watch.begin(rollout, first, saved=None)
    both = replace(first, targets=("more", "new"), own_targets={"1": (), "2": ("more", "new")})
    watch.refit(rollout, both)
    for count in (0, 10):
        for target in ("more", "new"):
            shown = page(target, attempts=count, good=count)
            counting.observe(target, shown.layout.series, shown.values, started=None)
    watch.look(rollout, now=world.plane.now())
    assert watch.canary_requests(rollout) == 20


def test_of_very_many_edges_some_are_compared_and_the_promised_one() -> None:
    many = {float(edge): str(edge) for edge in range(1, 1001)}
    some = some_edges(many, 500.0)
    assert 60 <= len(some) <= MOST_EDGES + 1
    assert {1.0, 500.0, 1000.0} <= some.keys()
    assert list(some) == sorted(some)
    assert some_edges({0.1: "0.1", 0.5: "0.5"}, None) == {0.1: "0.1", 0.5: "0.5"}
    assert some_edges({}, None) == {}
