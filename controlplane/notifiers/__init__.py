"""Ways to tell people: one file per system, one verb each, found by entry point.

A notifier translates and reports. It never retries, groups, waits or decides: the notify loop
does that, the same for all of them.
"""

from typing import Protocol

from controlplane.decide.delivery import Answer
from controlplane.store.outbox import Message

__all__ = ["Notifier"]


class Notifier(Protocol):
    """Hands one message to one destination."""

    async def send(self, message: Message, *, now: float) -> Answer:
        """Try once, bounded in time, and say what came back. Raises nothing."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...
