"""Ask NVML now and then; it may block, so it is asked beside the loop."""

import asyncio

from controlplane.plane import Plane
from probes.gpu import read_gpus
from probes.gpu_page import GPU

__all__ = ["watch_gpus"]


async def watch_gpus(plane: Plane) -> None:
    """Renew the reading, and count it like any other page."""
    plane.live.gpu = await asyncio.to_thread(read_gpus)
    page = plane.gpu_page
    page.add(plane.live.gpu)
    plane.counting.observe(GPU, page.series, page.values, started=page.started)
