"""Servers that answer, or misbehave, as real ones do; the client is always the real one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest

from probes.http_session import make_session

Serve = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with make_session() as found:
        yield found


@asynccontextmanager
async def serving(*pieces: bytes, pause: float = 0.0, asked: list[bytes] | None = None):
    """Serve raw bytes to everyone, with a pause before each piece; yields the address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in question.lower().splitlines() if b"content-length" in line]
        for line in lengths:
            question += await reader.readexactly(int(line.split(b":")[1]))
        if asked is not None:
            asked.append(question)
        try:
            for piece in pieces:
                await asyncio.sleep(pause)
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass  # the client had enough
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/metrics"
    finally:
        server.close()


@pytest.fixture
def serve() -> Serve:
    return serving


@pytest.fixture
def http() -> Callable[..., bytes]:
    def answer(
        body: bytes, *, status: str = "200 OK", framed: bool = True, **headers: str
    ) -> bytes:
        """Return an HTTP answer; header names are written with _ for -."""
        lines = [f"HTTP/1.1 {status}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines += [f"content-length: {len(body)}"] if framed else []
        return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body

    return answer
