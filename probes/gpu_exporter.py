"""The GPUs of this machine as a page that others scrape. The only server on this floor."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from probes.clock import Clock
from probes.gpu import GpuReading, read_gpus
from probes.gpu_page import GpuPage

__all__ = ["make_exporter"]

FRESH_SECONDS = 1.0
"""However often it is scraped, a card is not read more often than this."""


def make_exporter(clock: Clock, *, read: Callable[[], GpuReading] = read_gpus) -> web.Application:
    """Return a web application with one page, /metrics.

    Args:
        clock: Time.
        read: Reads the GPUs; it may block, so it runs beside the loop.
    """
    page = GpuPage(started=clock.now().timestamp())
    reading = asyncio.Lock()
    last: float | None = None

    async def metrics(_request: web.Request) -> web.Response:
        nonlocal last
        async with reading:
            if last is None or clock.monotonic() - last >= FRESH_SECONDS:
                page.add(await asyncio.to_thread(read))
                last = clock.monotonic()
        headers = {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=page.text().encode(), headers=headers)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app
