"""Connections to targets: kept, bounded, and never trusted."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trustme

from probes.exposition_grammar import Format
from probes.page_client import Asked, PageClient
from probes.page_request import page_request
from probes.scrape_outcome import Outcome, ScrapeEnded

pytestmark = pytest.mark.anyio
PAGE = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na 1\n"


@asynccontextmanager
async def answering(*answers: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[list[int]]:
    """Answer each question with the next answer; an empty one closes. Yields [port, connections]."""
    seen, left = [0, 0], list(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen[1] += 1
        try:
            while left and await reader.readuntil(b"\r\n\r\n"):
                answer = left.pop(0)
                if not answer:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    seen[0] = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()


async def fetch(client: PageClient, port: int, **more):
    request = page_request(f"http://127.0.0.1:{port}/metrics")
    return await client.fetch(request, **({"deadline": 5.0, "limit": 1000} | more))


async def test_a_connection_is_kept():
    async with answering(PAGE, PAGE, PAGE) as seen, PageClient() as client:
        for _ in range(3):
            assert (await fetch(client, seen[0])).whole() == b"a 1\n"
        assert seen[1] == 1


async def test_a_connection_that_was_closed_meanwhile_is_opened_anew():
    async with answering(PAGE, b"", PAGE) as seen, PageClient() as client:
        assert (await fetch(client, seen[0])).whole() == b"a 1\n"
        assert (await fetch(client, seen[0])).whole() == b"a 1\n"
        assert seen[1] == 2


async def test_a_server_that_closes_without_a_word_is_no_connection():
    async with answering(b"") as seen, PageClient() as client:
        with pytest.raises(ConnectionResetError, match="before it answered"):
            await fetch(client, seen[0])


async def test_a_server_that_wants_to_close_is_let_go():
    closing = PAGE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    async with answering(closing, PAGE) as seen, PageClient() as client:
        await fetch(client, seen[0])
        await fetch(client, seen[0])
        assert seen[1] == 2


async def test_the_format_is_what_the_answer_says():
    kind = b"\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\r\n"
    async with answering(PAGE.replace(b"\r\n\r\n", kind)) as seen, PageClient() as client:
        assert (await fetch(client, seen[0])).form is Format.OPENMETRICS


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 101 + b"\r\n", "more headers", id="many"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 40_000 + b"\r\n\r\n", "headers", id="long"),
        pytest.param(b"HTTP/1.1 101 Upgrade\r\nupgrade: h2c\r\n\r\n", "HTTP 101", id="upgrade"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "not HTTP", id="length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "not HTTP", id="chunk"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\n",
            "not HTTP",
            id="two lengths",
        ),
    ],
)
async def test_an_answer_that_is_odd_is_refused(answer, reason):
    async with answering(answer) as seen, PageClient() as client:
        with pytest.raises(ScrapeEnded, match=reason):
            await fetch(client, seen[0], deadline=1.0)


async def test_what_is_said_unasked_closes_the_connection():
    async with answering(PAGE + PAGE, PAGE) as seen, PageClient() as client:
        assert (await fetch(client, seen[0])).whole() == b"a 1\n"
        await asyncio.sleep(0.05)
        assert (await fetch(client, seen[0])).whole() == b"a 1\n"


async def test_two_questions_at_once_have_a_connection_each():
    async with answering(PAGE, PAGE) as seen, PageClient() as client:
        found = await asyncio.gather(fetch(client, seen[0]), fetch(client, seen[0]))
        assert [body.whole() for body in found] == [b"a 1\n"] * 2


async def test_large_pages_are_not_held_all_at_once(monkeypatch):
    large = b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n" + b"a" * 600
    async with answering(large, large, PAGE) as seen, PageClient() as client:
        monkeypatch.setattr(client._meter, "limit", 1000)
        first = await fetch(client, seen[0])
        with pytest.raises(ScrapeEnded, match="too many large pages at once"):
            await fetch(client, seen[0])
        assert client._meter.held == 600
        first.whole()
        assert (await fetch(client, seen[0])).whole() == b"a 1\n"
        assert client._meter.held == 0


async def test_many_are_asked_together_and_one_that_is_slow_holds_up_none():
    request = page_request("http://127.0.0.1:1/metrics")
    async with answering(PAGE, b"", PAGE) as seen, answering() as silent, PageClient() as client:
        good = page_request(f"http://127.0.0.1:{seen[0]}/metrics")
        mute = page_request(f"http://127.0.0.1:{silent[0]}/metrics")
        for _ in range(2):
            asked = [Asked(request=one, deadline=0.3, limit=99) for one in (good, request, mute)]
            came = [batch async for batch in client.fetch_all(asked)]
            flat = dict(one for batch in came for one in batch)
            assert flat[0].whole() == b"a 1\n"
            assert isinstance(flat[1], OSError)
            assert isinstance(flat[2], (TimeoutError, ConnectionResetError))
    assert [batch async for batch in client.fetch_all([])] == []


async def test_a_link_local_address_is_not_asked(monkeypatch):
    class Transport:
        def get_extra_info(self, _name: str) -> tuple[str, int]:
            return "169.254.169.254", 80

        def abort(self) -> None:
            pass

    async def connected(factory, *_args, **_more):
        connection = factory()
        connection.connection_made(Transport())
        return Transport(), connection

    client = PageClient()
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", connected)
    with pytest.raises(ScrapeEnded, match="link-local") as refused:
        await fetch(client, 80)
    assert refused.value.outcome is Outcome.REFUSED


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def speaking(authority: trustme.CA, name: str, *, ours: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    if ours:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    return context


async def test_tls_is_spoken_with_whom_we_trust(authority):
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for tls, name, good in (
        (trusting, None, True),
        (ssl.create_default_context(), None, False),
        (trusting, "another.test", False),
    ):
        async with (
            answering(PAGE, tls=speaking(authority, "127.0.0.1")) as seen,
            PageClient() as client,
        ):
            url = f"https://127.0.0.1:{seen[0]}/metrics"
            request = replace(page_request(url, tls=tls), server_name=name)
            if good:
                body = await client.fetch(request, deadline=5.0, limit=100)
                assert body.whole() == b"a 1\n"
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    await client.fetch(request, deadline=5.0, limit=100)


async def test_both_sides_show_a_certificate_where_that_is_asked(authority):
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    authority.issue_cert("trimtab.test").configure_cert(trusting)
    server = speaking(authority, "127.0.0.1", ours=True)
    async with answering(PAGE, tls=server) as seen, PageClient() as client:
        request = page_request(f"https://127.0.0.1:{seen[0]}/metrics", tls=trusting)
        assert (await client.fetch(request, deadline=5.0, limit=100)).whole() == b"a 1\n"
