import asyncio
from dataclasses import dataclass, field

import pytest

from controlplane.errors import DiscoveryError
from controlplane.loops.discover import look
from controlplane.loops.measure import measure
from controlplane.target_spec import DiscoverySpec, TargetSpec
from probes.clock import SystemClock
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio


@dataclass
class Place:
    """A place whose words are written before it is asked."""

    says: object = ()
    spec: DiscoverySpec = field(default_factory=lambda: DiscoverySpec(kind="file", path="x"))

    async def targets(self) -> tuple[TargetSpec, ...]:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says  # type: ignore[return-value]

    async def close(self) -> None:
        pass


def replica(around: Surroundings, name: str) -> TargetSpec:
    return TargetSpec(name=name, url=f"{around.address}/metrics", service="resnet", interval=1.0)


async def test_replicas_come_and_go_and_the_slo_follows(world: World, around: Surroundings) -> None:
    plane, place = world.plane, Place()
    await world.measure()
    place.says = (replica(around, "second"),)
    await look(plane, "files", place)
    await world.measure()
    around.server.answer("1", good=10)
    await world.measure()
    total = plane.promises["availability"].total_key
    assert plane.counting.by_source(total) == {"server": 10.0, "second": 10.0}
    place.says = ()
    await look(plane, "files", place)
    around.server.answer("1", good=1)
    await world.measure()
    assert plane.counting.value(total) == 21.0  # what was counted stays counted
    assert set(plane.live.targets) == {"server"}


@pytest.mark.parametrize("error", [DiscoveryError("the file is gone"), RuntimeError("a bug")])
async def test_a_place_that_fails_holds_to_its_last_word(
    world: World, around: Surroundings, error: Exception
) -> None:
    place = Place((replica(around, "second"),))
    await look(world.plane, "files", place)
    place.says = error
    await look(world.plane, "files", place)
    assert set(world.plane.live.targets) == {"server", "second"}
    standing = world.plane.live.discoveries["files"]
    assert not standing.ok
    assert standing.reason


async def test_targets_of_a_file_are_found_by_the_plane(around: Surroundings) -> None:
    (around.folder / "more.yaml").write_text(
        f"- {{name: found, url: '{around.address}/metrics'}}\n"
    )
    more = "discovery: [{kind: file, path: more.yaml, service: resnet, interval: 1s}]\n"
    async with open_world(around, more=more) as world:
        ((origin, discoverer),) = world.plane.discoverers.items()
        await look(world.plane, origin, discoverer)
        await world.measure()
        assert world.plane.live.targets["found"].state == "up"
        assert world.plane.book.origin("found") == "discovery 1: file"


async def test_the_measuring_loop_takes_in_what_is_new(around: Surroundings) -> None:
    around.clock = SystemClock()  # type: ignore[assignment]
    async with open_world(around) as world:
        plane = world.plane
        task = asyncio.create_task(measure(plane))
        try:
            await asyncio.wait_for(until(lambda: plane.live.targets["server"].state == "up"), 10)
            await look(plane, "files", Place((replica(around, "second"),)))
            await asyncio.wait_for(until(lambda: plane.live.targets["second"].state == "up"), 10)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(met) -> None:
    while not met():  # noqa: ASYNC110 -- standings are no events
        await asyncio.sleep(0.05)
