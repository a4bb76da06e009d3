"""Targets that mean harm: the plane's memory stays bounded, each gets its reason, others do not notice."""

import asyncio
import sys
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from controlplane.client import TrimtabClient
from controlplane.demo.processes import free_port

pytestmark = pytest.mark.anyio
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
GOOD = b"# TYPE a_total counter\na_total 1\n"
INTERVAL, SECONDS = 2.0, 20.0
MEBIBYTE = 1 << 20
BOMB_BYTES = 2 << 30
ROOT = Path(__file__).parents[2]


def headers(kind: str = "text/plain; version=0.0.4", **more: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"content-type: {kind}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def good(writer: asyncio.StreamWriter) -> None:
    writer.write(headers(content_length=str(len(GOOD))) + GOOD)


def bomb() -> tuple[bytes, bytes, int]:
    """A gzip stream of 2 GiB: its beginning, a block that can be repeated, and how often."""
    packer = zlib.compressobj(9, wbits=31)
    first = packer.compress(b"a 1\n" * 1024) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"a 1\n" * (4 * MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first, block, BOMB_BYTES // (16 * MEBIBYTE)


FIRST, BLOCK, TIMES = bomb()


async def gzip_bomb(writer: asyncio.StreamWriter) -> None:
    writer.write(headers(content_encoding="gzip") + FIRST)
    for _ in range(TIMES):
        writer.write(BLOCK)
        await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(headers())
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.05)


async def ten_million_series(writer: asyncio.StreamWriter) -> None:
    writer.write(headers())
    for start in range(0, 10_000_000, 1000):
        writer.write(b"".join(b'm{i="%d"} 1\n' % number for number in range(start, start + 1000)))
        await writer.drain()


async def many_small_series(writer: asyncio.StreamWriter) -> None:
    """More samples than are read, in fewer bytes than are."""
    writer.write(headers() + b"".join(b"a%d 1\n" % number for number in range(60_000)))


async def redirect(writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    )


async def web_page(writer: asyncio.StreamWriter) -> None:
    writer.write(headers(kind="text/html") + b"<html>")


async def long_label(writer: asyncio.StreamWriter) -> None:
    writer.write(headers() + b'a{x="' + b"y" * 10_000 + b'"} 1\n')


HOSTILE: dict[str, tuple[Answer, str, str]] = {
    "bomb": (gzip_bomb, "down", "more than 16777216 bytes"),
    "drip": (drip, "unknown", "no answer within 1 s"),
    "series": (ten_million_series, "down", "more than 16777216 bytes"),
    "samples": (many_small_series, "down", "more than 50000 samples"),
    "redirect": (redirect, "down", "HTTP 302"),
    "html": (web_page, "down", "text/html is no metrics page"),
    "label": (long_label, "down", "a label value too long"),
}


@asynccontextmanager
async def serving(answer: Answer, asked: list[float] | None = None) -> AsyncIterator[int]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            if asked is not None:
                asked.append(time.monotonic())
            await answer(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the plane had enough
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def resident(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


@asynccontextmanager
async def plane(folder: Path, targets: dict[str, int]) -> AsyncIterator[tuple[int, TrimtabClient]]:
    port = free_port()
    lines = [
        f"  - {{name: {name}, url: 'http://127.0.0.1:{at}/metrics', service: s,"
        f" interval: {INTERVAL}, timeout: 1s, gzip: true}}"
        for name, at in targets.items()
    ]
    config = folder / "trimtab.yaml"
    config.write_text("\n".join(["targets:", *lines, f"api: {{listen: 127.0.0.1:{port}}}", ""]))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "controlplane", "up", "-c", str(config)),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        with TrimtabClient(f"http://127.0.0.1:{port}") as client:
            for _ in range(300):
                if await asyncio.to_thread(client.ready):
                    break
                await asyncio.sleep(0.1)
            yield process.pid, client
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
async def test_hostile_targets_are_bounded_told_and_left_alone(tmp_path: Path, capsys) -> None:
    async with serving(good) as quiet, plane(tmp_path, {"quiet": quiet}) as (pid, _):
        await asyncio.sleep(3.0)
        rest = resident(pid, "VmHWM")
    asked: list[float] = []
    async with (
        serving(good, asked) as friend,
        servers() as ports,
        plane(tmp_path, {"good": friend} | ports) as (pid, client),
    ):
        asked.clear()
        await asyncio.sleep(SECONDS)
        found = {one.name: one.status for one in await asyncio.to_thread(client.targets)}
        peak = resident(pid, "VmHWM")
    for name, (_, state, reason) in HOSTILE.items():
        assert found[name].state == state, name
        assert reason in found[name].reason, name
    assert found["good"].state == "up"
    late = max(abs(after - before - INTERVAL) for before, after in pairwise(asked))
    with capsys.disabled():
        told = f"peak {(peak - rest) / MEBIBYTE:.0f} MiB above rest"
        sys.stdout.write(f"\n{told}; a good target was {late:.3f} s off its time\n")
    assert len(asked) >= SECONDS / INTERVAL - 1
    assert peak - rest < 100 * MEBIBYTE


@asynccontextmanager
async def servers() -> AsyncIterator[dict[str, int]]:
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(serving(answer))
            for name, (answer, _, _) in HOSTILE.items()
        }
