from dataclasses import replace

import pytest

from controlplane.loops.scale import scale
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
