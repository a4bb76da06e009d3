"""Fetches metrics pages: kept-alive connections, one answer at a time, everything bounded.

The hot half of a scrape. An HTTP library made for many uses costs three times as much for each page
(`tests/bench/bench_scrape.py`); this one knows only GET.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from probes.page_connection import Body, Connection, Meter
from probes.page_request import PageRequest
from probes.scrape_outcome import Outcome, ScrapeEnded

__all__ = ["Answer", "Asked", "PageClient"]

Place = tuple[str, int, ssl.SSLContext | None]
Key = tuple[Place, bytes]
Answer = Body | BaseException


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question of several: how long it may take in seconds, and how large its answer may be."""

    request: PageRequest
    deadline: float
    limit: int


class PageClient:
    """Keeps a connection to each target and asks it for its page."""

    def __init__(self) -> None:
        self._idle: dict[Key, Connection] = {}
        self._meter = Meter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def fetch(self, request: PageRequest, *, deadline: float, limit: int) -> Body:
        """Ask once.

        Args:
            request: The question.
            deadline: Seconds for all of it, so that a drip cannot hold on.
            limit: Most bytes of the page, unpacked.

        Raises:
            ScrapeEnded: There is no page; why.
            TimeoutError: The deadline passed.
            OSError: There is no connection.
        """
        key = _key(request)
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + deadline
        kept = self._idle.pop(key, None)
        if kept is not None and kept.usable:
            try:
                return await self._ask(key, kept, request, ends_at, limit)
            except ConnectionResetError:
                pass  # a kept connection may be closed just as it is used: ask anew
        async with asyncio.timeout_at(ends_at):
            connection = await self._connect(request)
        return await self._ask(key, connection, request, ends_at, limit)

    async def fetch_all(self, asked: Sequence[Asked]) -> AsyncIterator[list[tuple[int, Answer]]]:
        """Ask many at once; yields answers by position as they come in, several at a time.

        One that is slow holds up none of the others. What `fetch` would raise is an answer here.
        Kept connections are asked without a task for each: that is what makes many targets cheap.
        """
        group = _Group(self, asked)
        try:
            while group.left:
                yield await group.batch()
        finally:
            group.cancel()

    def begin(self, asked: Asked) -> asyncio.Future[Body]:
        """Ask on a kept connection if there is one, else begin to connect."""
        request, loop = asked.request, asyncio.get_running_loop()
        key = _key(request)
        kept = self._idle.pop(key, None)
        if kept is None or not kept.usable:
            return self.connect(asked)
        answer = kept.ask(request.question, asked.limit)
        timer = loop.call_at(loop.time() + asked.deadline, _expire, answer)
        answer.add_done_callback(partial(self._settle, key, kept, timer))
        return answer

    def connect(self, asked: Asked) -> asyncio.Future[Body]:
        """Ask in a task of its own."""
        return asyncio.get_running_loop().create_task(
            self.fetch(asked.request, deadline=asked.deadline, limit=asked.limit)
        )

    def _settle(
        self, key: Key, kept: Connection, timer: asyncio.TimerHandle, answer: asyncio.Future[Body]
    ) -> None:
        timer.cancel()
        if answer.cancelled() or answer.exception() is not None:
            kept.give_up()
        elif kept.usable:
            self._idle[key] = kept

    async def close(self) -> None:
        """Close every connection."""
        for connection in self._idle.values():
            connection.give_up()
        self._idle.clear()
        await asyncio.sleep(0)

    async def _connect(self, request: PageRequest) -> Connection:
        loop = asyncio.get_running_loop()
        transport, connection = await loop.create_connection(
            lambda: Connection(loop, self._meter),
            request.host,
            request.port,
            ssl=request.tls,
            server_hostname=request.server_name if request.tls is not None else None,
        )
        if _is_link_local(transport.get_extra_info("peername")):
            connection.give_up()
            why = "a link-local address, where clouds keep their secrets, is not asked"
            raise ScrapeEnded(Outcome.REFUSED, why)
        return connection

    async def _ask(
        self,
        key: Key,
        connection: Connection,
        request: PageRequest,
        ends_at: float,
        limit: int,
    ) -> Body:
        answer = connection.ask(request.question, limit)
        loop = asyncio.get_running_loop()
        # A bare timer: asyncio.timeout costs as much as the whole exchange otherwise.
        timer = loop.call_at(ends_at, _expire, answer)
        try:
            body = await answer
        except BaseException:
            connection.give_up()
            raise
        finally:
            timer.cancel()
        if connection.usable:
            self._idle[key] = connection
        return body


class _Group:
    """Several questions that were asked together."""

    def __init__(self, client: PageClient, asked: Sequence[Asked]) -> None:
        self.left = len(asked)
        self._client = client
        self._asked = asked
        self._arrived: list[tuple[int, Answer]] = []
        self._bell = asyncio.Event()
        self._pending = {position: client.begin(one) for position, one in enumerate(asked)}
        for position, answer in self._pending.items():
            first = not isinstance(answer, asyncio.Task)
            answer.add_done_callback(partial(self._take, position, first))

    async def batch(self) -> list[tuple[int, Answer]]:
        """Wait for answers; those that come in the same turn of the loop go together."""
        await self._bell.wait()
        await asyncio.sleep(0)
        self._bell.clear()
        batch, self._arrived = self._arrived, []
        self.left -= len(batch)
        return batch

    def cancel(self) -> None:
        """Give up those that have not come."""
        for answer in self._pending.values():
            answer.cancel()

    def _take(self, position: int, first: bool, answer: asyncio.Future[Body]) -> None:  # noqa: FBT001
        del self._pending[position]
        if answer.cancelled():
            self._arrived.append((position, TimeoutError()))
        elif first and isinstance(answer.exception(), ConnectionResetError):
            # A kept connection may be closed just as it is used: ask anew.
            again = self._pending[position] = self._client.connect(self._asked[position])
            again.add_done_callback(partial(self._take, position, False))  # noqa: FBT003
            return
        else:
            self._arrived.append((position, answer.exception() or answer.result()))
        self._bell.set()


def _key(request: PageRequest) -> Key:
    return (request.host, request.port, request.tls), request.question


def _expire(answer: asyncio.Future[Body]) -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())


def _is_link_local(peer: object) -> bool:
    if not isinstance(peer, tuple):
        return False
    return ipaddress.ip_address(str(peer[0]).partition("%")[0]).is_link_local
