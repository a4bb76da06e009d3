"""Events as they happen: server-sent events, which a reader that was cut off resumes by cursor."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict

from controlplane.errors import Overloaded
from controlplane.plane import Plane
from controlplane.schemas import EventOut
from controlplane.store.trail import EventEntry

__all__ = ["event_stream"]

MOST_STREAMS = 50
POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0


def event_stream(plane: Plane, *, subject: str | None, after: int) -> AsyncIterator[str]:
    """Return what a stream says, from the event after a cursor on.

    Raises:
        Overloaded: Too many are open.
    """
    if plane.live.open_streams >= MOST_STREAMS:
        msg = f"{MOST_STREAMS} event streams are open already."
        raise Overloaded(msg, hint="close one, or ask without Accept: text/event-stream")
    return _told(plane, subject, after)


async def _told(plane: Plane, subject: str | None, after: int) -> AsyncIterator[str]:
    plane.live.open_streams += 1
    try:
        quiet = 0.0
        yield ": trimtab\n\n"
        while not plane.lease.lost.is_set():  # a reader that is cut off finds the one that leads
            for entry in plane.trail.events(subject=subject, after=after):
                after, quiet = entry.id, 0.0
                yield _frame(entry)
            if quiet >= HEARTBEAT_SECONDS:
                quiet = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(POLL_SECONDS)
            quiet += POLL_SECONDS
    finally:
        plane.live.open_streams -= 1


def _frame(entry: EventEntry) -> str:
    data = EventOut(**asdict(entry)).model_dump_json(by_alias=True)
    return f"id: {entry.id}\nevent: {entry.kind}\ndata: {data}\n\n"
