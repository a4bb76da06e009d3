"""How a loop is kept going: a round that fails is told, and the next one comes all the same."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from controlplane.plane import Plane

__all__ = ["every", "on_news"]

LOG = logging.getLogger("trimtab.loops")

Round = Callable[[Plane], Awaitable[None]]
MOST_NEWS_WAIT_SECONDS = 5.0


async def every(plane: Plane, name: str, seconds: float, round_: Round) -> None:
    """Run a round at a steady pace; a round that takes longer delays only the next one."""
    due = plane.clock.monotonic()
    while True:
        await _contained(plane, name, round_)
        due = max(due + seconds, plane.clock.monotonic())
        await plane.clock.sleep(due - plane.clock.monotonic())


async def on_news(plane: Plane, name: str, round_: Round) -> None:
    """Run a round whenever something was measured, and now and then in any case."""
    while True:
        try:
            async with asyncio.timeout(MOST_NEWS_WAIT_SECONDS):
                await plane.live.news.wait()
        except TimeoutError:
            pass
        await _contained(plane, name, round_)


async def _contained(plane: Plane, name: str, round_: Round) -> None:
    """Run a round, unless the lease to act is gone or nearly so."""
    if not plane.lease.live:
        return
    plane.telemetry.loop_failures.labels(name)  # shown from the first round on, as zero
    try:
        await round_(plane)
    except Exception:
        plane.telemetry.loop_failures.labels(name).inc()
        LOG.exception("a round of the loop %r failed", name)
    else:
        plane.telemetry.loop_rounds.labels(name).set(plane.now())
