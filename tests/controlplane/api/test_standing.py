import httpx
import pytest

from controlplane.live import ProbeStanding
from controlplane.loops.gpu import watch_gpus
from controlplane.loops.probe import ask, questions
from controlplane.loops.protect import protect
from controlplane.loops.scale import scale
from probes.gpu import GpuDevice, GpuReading
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def items(api: httpx.AsyncClient, path: str) -> list[dict[str, object]]:
    return list((await api.get(path)).json()["items"])


async def test_a_target_is_unknown_until_it_was_scraped(
    api: httpx.AsyncClient, world: World
) -> None:
    (before,) = await items(api, "/v1/targets")
    assert before["status"]["state"] == "unknown"
    assert before["status"]["lastScrapeAt"] is None
    await world.measure()
    (after,) = await items(api, "/v1/targets")
    assert (after["status"]["state"], after["status"]["server"]) == ("up", "reference-server")
    assert after["status"]["samples"] > 0


async def test_services_show_who_serves(api: httpx.AsyncClient, world: World) -> None:
    await world.moves()
    resnet, bert = await items(api, "/v1/services")
    assert (resnet["stable"], resnet["weights"]) == ("1", {"1": 100.0, "2": 0.0})
    assert (bert["weights"], bert["reason"]) == (None, "nobody moves its traffic")


async def test_a_service_whose_router_is_away_has_no_weights(
    api: httpx.AsyncClient, world: World
) -> None:
    world.router.down = True
    await world.moves()
    resnet, _ = await items(api, "/v1/services")
    assert (resnet["weights"], resnet["reason"]) == (None, "the router is down")


async def test_probes_breakers_and_scaling_are_shown_once_there_are_some(
    api: httpx.AsyncClient, world: World
) -> None:
    for path in ("/v1/probes", "/v1/breakers", "/v1/scaling"):
        assert await items(api, path) == []
    await world.moves()
    await world.measure()
    for question in questions(world.plane):
        await ask(world.plane, question)
    await protect(world.plane)
    await scale(world.plane)
    assert [found["ok"] for found in await items(api, "/v1/probes")] == [True, True]
    assert [found["state"] for found in await items(api, "/v1/breakers")] == ["closed"] * 2
    (scaling,) = await items(api, "/v1/scaling")
    assert (scaling["wanted"], scaling["seen"]) == (1, 1)


async def test_a_probe_that_learnt_nothing_says_so(api: httpx.AsyncClient, world: World) -> None:
    standing = ProbeStanding(ok=None, reason="no answer within 2 s", seconds=2.0, at=0.0)
    world.plane.live.probes["resnet", "1", "ready"] = standing
    (found,) = await items(api, "/v1/probes")
    assert (found["ok"], found["reason"]) == (None, "no answer within 2 s")


async def test_the_gpu_is_not_asked_until_it_was(api: httpx.AsyncClient) -> None:
    found = (await api.get("/v1/gpu")).json()
    assert found == {"source": "none", "reason": "not asked yet", "devices": []}


async def test_what_nvml_says_is_shown_whatever_it_is(api: httpx.AsyncClient, world: World) -> None:
    await watch_gpus(world.plane)
    found = (await api.get("/v1/gpu")).json()
    assert found["source"] in ("nvml", "none")
    assert found["reason"]


async def test_a_gpu_is_shown_with_what_it_reports(api: httpx.AsyncClient, world: World) -> None:
    device = GpuDevice(
        index=0,
        uuid="GPU-1",
        name="H100",
        utilization_ratio=None,
        memory_used_bytes=1,
        memory_total_bytes=2,
        power_watts=None,
        temperature_celsius=None,
        clock_events=("sw_power_cap",),
        ecc_corrected=3,
    )
    world.plane.live.gpu = GpuReading(source="nvml", reason="1 GPU", devices=(device,))
    (shown,) = (await api.get("/v1/gpu")).json()["devices"]
    assert (shown["name"], shown["utilizationRatio"], shown["memoryUsedBytes"]) == ("H100", None, 1)
    assert (shown["clockEvents"], shown["eccCorrected"]) == (["sw_power_cap"], 3)
