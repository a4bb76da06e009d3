import asyncio

import pytest
from aiohttp import web

from probes.gpu import GpuDevice, GpuReading
from probes.gpu_exporter import make_exporter
from probes.layout_cache import LayoutCache
from probes.page_client import PageClient
from probes.page_request import page_request
from probes.scrape_outcome import Outcome
from probes.scraping import scrape
from tests.fakes import ManualClock

pytestmark = pytest.mark.anyio

DEVICE = GpuDevice(
    index=0,
    uuid="GPU-1",
    name="H100",
    utilization_ratio=0.5,
    memory_used_bytes=1,
    memory_total_bytes=2,
    power_watts=3.0,
    temperature_celsius=4.0,
)


async def test_a_page_is_served_and_a_card_is_not_read_too_often() -> None:
    readings, clock = [], ManualClock()

    def read() -> GpuReading:
        readings.append(1)
        return GpuReading(source="nvml", reason="test", devices=(DEVICE,))

    runner = web.AppRunner(make_exporter(clock, read=read), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    layouts, request = LayoutCache(), page_request(f"http://{host}:{port}/metrics")

    async def ask() -> dict[str, float]:
        found = await scrape(client, request, layouts, deadline=5.0, body_limit=1 << 20)
        assert found.outcome is Outcome.OK
        assert found.page is not None
        names = [name for name, _ in found.page.layout.series]
        return dict(zip(names, found.page.values.tolist(), strict=True))

    async with PageClient() as client:
        await asyncio.gather(*(ask() for _ in range(10)))
        assert len(readings) == 1
        clock.elapsed += 1.0
        shown = await ask()
    await runner.cleanup()
    assert shown["trimtab_gpu_readings_total"] == 2.0
    assert shown["trimtab_gpu_utilization_ratio"] == 0.5
    assert shown["process_start_time_seconds"] == clock.now().timestamp() - 1.0
