"""Ask NVML now and then; it may block, so it is asked beside the loop."""

import asyncio

from controlplane.plane import Plane
from probes.gpu import read_gpus

__all__ = ["watch_gpus"]


async def watch_gpus(plane: Plane) -> None:
    """Renew the reading."""
    plane.live.gpu = await asyncio.to_thread(read_gpus)
