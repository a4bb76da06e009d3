import pytest

from controlplane.loops import gpu
from controlplane.loops.gpu import watch_gpus
from probes.gpu import GpuDevice, GpuReading
from probes.gpu_page import GPU
from slo import parse_selectors
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


def reading(*events: str) -> GpuReading:
    device = GpuDevice(
        index=0,
        uuid="GPU-1",
        name="H100",
        utilization_ratio=0.5,
        memory_used_bytes=1,
        memory_total_bytes=2,
        power_watts=3.0,
        temperature_celsius=4.0,
        clock_events=events,
    )
    return GpuReading(source="nvml", reason="test", devices=(device,))


async def test_readings_are_counted_so_that_an_slo_can_rest_on_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = world.plane.counting
    for key in ("slowed_readings", "readings"):
        counting.define(key, parse_selectors(f"trimtab_gpu_{key}_total"), sources=[GPU])
    await watch_gpus(world.plane)  # whatever this machine has
    for events in ((), ("hw_thermal_slowdown",), ("gpu_idle",)):
        monkeypatch.setattr(gpu, "read_gpus", lambda events=events: reading(*events))
        await watch_gpus(world.plane)
    assert (counting.value("slowed_readings"), counting.value("readings")) == (1.0, 3.0)
    assert world.plane.live.gpu == reading("gpu_idle")


async def test_every_service_may_rest_an_slo_on_gpus(world: World) -> None:
    assert all(GPU in promise.sources for promise in world.plane.promises.values())
