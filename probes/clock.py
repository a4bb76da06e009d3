"""The one reader of time. Decisions never get a clock, only a ``now``."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Time as the loops see it."""

    def now(self) -> datetime:
        """Return wall time, UTC: for records."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump: for durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock. Satisfies Clock."""

    def now(self) -> datetime:
        """Return wall time, UTC."""
        return datetime.now(UTC)  # noqa: TID251 -- this is the clock

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
