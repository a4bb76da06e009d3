from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from controlplane.loops.scale import scale
from controlplane.wanted import wanted_names
from probes.exposition import Page
from probes.gpu_join import GPU_NAMES
from probes.layout_cache import LayoutCache
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def test_before_anything_was_seen_nothing_is_wished(world: World) -> None:
    await scale(world.plane)
    standing = world.plane.live.scaling["resnet"]
    assert (standing.wish.replicas, standing.replicas, standing.in_flight) == (None, 0, None)


async def test_the_wish_follows_what_is_in_flight(world: World) -> None:
    world.server.in_flight = 17
    await world.second_passes(scale)
    standing = world.plane.live.scaling["resnet"]
    assert (standing.wish.replicas, standing.replicas, standing.in_flight) == (5, 1, 17.0)


async def test_the_mean_of_the_last_minute_counts(world: World) -> None:
    for held in (0, 32):
        world.server.in_flight = held
        await world.second_passes(scale)
    assert world.plane.live.scaling["resnet"].in_flight == 16.0


async def test_a_page_that_no_longer_comes_is_no_reason_to_shrink(world: World) -> None:
    world.server.in_flight = 17
    await world.second_passes(scale)
    standing = world.plane.live.targets["server"]
    world.plane.live.targets["server"] = replace(standing, state="down")
    await scale(world.plane)
    assert world.plane.live.scaling["resnet"].wish.replicas is None
    assert not world.plane.live.demands["resnet"]


async def test_a_service_without_a_policy_has_no_wish(world: World) -> None:
    await scale(world.plane)
    assert "bert" not in world.plane.live.scaling


TRITON = (Path(__file__).parents[2] / "probes" / "gpu_pages" / "triton.prom").read_bytes()


async def test_busy_gpus_raise_the_wish(world: World) -> None:
    plane = world.plane
    service = plane.config.services["resnet"]
    aimed = replace(service, scale=replace(service.scale, gpu_utilization=0.1))
    with_aim = replace(plane, config=replace(plane.config, services={"resnet": aimed}))
    await world.measure()
    await scale(with_aim)
    standing = plane.live.scaling["resnet"]
    assert (standing.wish.replicas, standing.gpu_utilization) == (1, None)
    assert "nobody says" in standing.wish.reason
    own = plane.live.pages["server"]
    gpus = LayoutCache().read("gpu", TRITON)
    plane.live.pages["server"] = Page(
        layout=replace(own.layout, series=own.layout.series + gpus.layout.series),
        values=np.concatenate([own.values, gpus.values]),
    )
    await scale(with_aim)
    standing = plane.live.scaling["resnet"]
    assert (standing.wish.replicas, standing.gpu_utilization) == (8, 0.73)


async def test_gpu_figures_are_kept_where_they_are_needed(world: World) -> None:
    plane = world.plane
    await world.measure()
    (target,) = plane.book.targets
    assert not wanted_names(plane, target) & GPU_NAMES
    service = plane.config.services["resnet"]
    aimed = replace(service, scale=replace(service.scale, gpu_utilization=0.1))
    with_aim = replace(plane, config=replace(plane.config, services={"resnet": aimed}))
    plane.live.wanted.clear()
    assert wanted_names(with_aim, target) >= GPU_NAMES
