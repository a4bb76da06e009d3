"""A service that vanishes is somebody's business; one that was never there is doctor's."""

import pytest

from controlplane.decide.alert_state import AlertState
from controlplane.loops.vanish import watch_for_silence
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio
KEY = "availability/vanished"


async def test_a_service_that_was_never_seen_calls_nobody(world: World) -> None:
    world.clock.elapsed += 10_000.0
    await watch_for_silence(world.plane)
    assert KEY not in world.plane.live.alerts


async def test_silence_pages_once_and_is_over_when_pages_come_again(world: World) -> None:
    await world.second_passes(watch_for_silence)
    world.clock.elapsed += 290.0
    await watch_for_silence(world.plane)
    assert KEY not in world.plane.live.alerts
    for _ in range(3):
        world.clock.elapsed += 20.0
        await watch_for_silence(world.plane)
    assert world.plane.live.alerts[KEY].state is AlertState.FIRING
    (record,) = world.plane.alerts.list()
    assert record.labels["alertname"] == "SLOVanished"
    assert record.annotations["description"] == "the newest page is 310 s old"
    for _ in range(10):
        await world.second_passes(watch_for_silence)
    assert world.plane.live.alerts[KEY].state is AlertState.RESOLVED
    assert world.plane.live.alerts[KEY].episode == 1
