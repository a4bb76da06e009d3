"""Look where targets are found, each place at its own pace; what it said last holds until it speaks."""

import asyncio
import logging

from controlplane.discovery import Discoverer
from controlplane.errors import TrimtabError
from controlplane.live import DiscoveryStanding
from controlplane.plane import Plane
from controlplane.retarget import retarget

__all__ = ["discover", "look"]

LOG = logging.getLogger("trimtab.loops")


async def discover(plane: Plane) -> None:
    """Watch every place of trimtab.yaml, side by side."""
    watching = (_watch(plane, origin, found) for origin, found in plane.discoverers.items())
    await asyncio.gather(*watching)


async def _watch(plane: Plane, origin: str, discoverer: Discoverer) -> None:
    while True:
        await look(plane, origin, discoverer)
        plane.telemetry.loop_rounds.labels("discover").set(plane.now())
        await plane.clock.sleep(discoverer.spec.refresh)


async def look(plane: Plane, origin: str, discoverer: Discoverer) -> None:
    """Take what one place says now; where it fails, its last word holds."""
    try:
        found = await discoverer.targets()
    except TrimtabError as error:
        reason, ok = str(error), False
    except Exception as error:
        LOG.exception("the discovery %r failed", origin)
        plane.telemetry.loop_failures.labels("discover").inc()
        reason, ok = f"failed: {type(error).__name__}", False
    else:
        reason, ok = f"{len(found)} targets", True
        if plane.book.put(origin, found):
            retarget(plane)
    plane.live.discoveries[origin] = DiscoveryStanding(ok=ok, reason=reason, at=plane.now())
