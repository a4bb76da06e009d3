"""A load generator that counts for itself what it sent and what it got."""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass

import aiohttp

__all__ = ["Load", "Tally"]

DEADLINE_SECONDS = 60.0
FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the generator saw: every request sent has been answered when ``in_flight`` is 0."""

    total: int
    bad: int
    in_flight: int
    by_version: dict[str, int]


class Load:
    """Sends requests at a steady rate, whether or not earlier ones were answered.

    An open loop: a slow server gets no mercy, as with real users.

    Args:
        url: Address to post to.
        bodies: Request bodies, taken in turn.
        rate: Requests a second.
    """

    def __init__(self, url: str, bodies: tuple[bytes, ...], *, rate: float) -> None:
        self._url = url
        self._bodies = itertools.cycle(bodies)
        self._rate = rate
        self._codes: Counter[int] = Counter()
        self._versions: Counter[str] = Counter()
        self._in_flight = 0
        self._lost = 0
        self.ended = asyncio.Event()

    @property
    def tally(self) -> Tally:
        """Return what was seen so far."""
        answered = self._codes.total()
        bad = sum(count for code, count in self._codes.items() if code >= FIRST_SERVER_ERROR)
        return Tally(
            total=answered + self._lost,
            bad=bad + self._lost,
            in_flight=self._in_flight,
            by_version=dict(self._versions),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop, then wait for every answer."""
        loop = asyncio.get_running_loop()
        timeout = aiohttp.ClientTimeout(total=DEADLINE_SECONDS)
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
            asyncio.TaskGroup() as group,
        ):
            due = loop.time()
            while not stop.is_set():
                group.create_task(self._send(session))
                due += 1.0 / self._rate
                await asyncio.sleep(max(0.0, due - loop.time()))
        self.ended.set()

    async def _send(self, session: aiohttp.ClientSession) -> None:
        self._in_flight += 1
        try:
            async with session.post(self._url, data=next(self._bodies)) as response:
                answer = await response.json(content_type=None)
                self._codes[response.status] += 1
                self._versions[str(answer.get("model_version", "?"))] += 1
        except (aiohttp.ClientError, TimeoutError, ValueError):
            self._lost += 1
        finally:
            self._in_flight -= 1
