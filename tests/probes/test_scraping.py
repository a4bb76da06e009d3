"""One scrape: whatever comes back is an outcome with a reason."""

import gzip
from typing import Any

import pytest

from probes.layout_cache import LayoutCache
from probes.page_client import PageClient
from probes.page_request import page_request
from probes.scrape_outcome import Outcome, Scrape
from probes.scraping import scrape

pytestmark = pytest.mark.anyio

PAGE = b"# TYPE a counter\na 1\n"


@pytest.fixture
async def client():
    found = PageClient()
    yield found
    await found.close()


@pytest.fixture
def look(client):
    async def once(
        url: str, *, deadline: float = 5.0, body_limit: int = 1_000, **more: Any
    ) -> Scrape:
        request = page_request(url, **more)
        return await scrape(
            client, request, LayoutCache(), deadline=deadline, body_limit=body_limit
        )

    return once


async def test_a_page_is_read_whole_with_its_size_and_time(look, serve, http):
    asked: list[bytes] = []
    async with serve(http(PAGE, content_type="text/plain; version=0.0.4"), asked=asked) as url:
        found = await look(url)
    assert (found.outcome, found.reason, found.size) == (Outcome.OK, "ok", len(PAGE))
    assert found.page.values.tolist() == [1.0]
    assert found.seconds > 0.0
    assert b"accept-encoding: identity" in asked[0].lower()


async def test_a_page_packed_without_being_asked_is_unpacked(look, serve, http):
    async with serve(http(gzip.compress(PAGE), content_encoding="gzip")) as url:
        assert (await look(url)).page.values.tolist() == [1.0]


async def test_a_missing_last_newline_is_a_habit_where_http_vouches_for_the_end(look, serve, http):
    async with serve(http(b"a 12")) as url:
        assert (await look(url)).page.values.tolist() == [12.0]


async def test_a_page_in_chunks_is_put_together(look, serve):
    chunks = b"4\r\na 12\r\n3\r\n34\n\r\n0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    async with serve(head, chunks[:11], chunks[11:], pause=0.01) as url:
        assert (await look(url)).page.values.tolist() == [1234.0]


BOMB = gzip.compress(b"a 1\n" * 100_000)


@pytest.mark.parametrize(
    ("body", "more", "outcome", "reason"),
    [
        pytest.param(b"", {}, Outcome.EMPTY, "no samples", id="nothing"),
        pytest.param(b"# hello\n", {}, Outcome.EMPTY, "no samples", id="only a comment"),
        pytest.param(b"a 1\n" * 251, {}, Outcome.TOO_LARGE, "more than 1000 bytes", id="too large"),
        pytest.param(
            BOMB,
            {"content_encoding": "gzip"},
            Outcome.TOO_LARGE,
            "more than 1000 bytes",
            id="too large once unpacked",
        ),
        pytest.param(
            b"plain", {"content_encoding": "gzip"}, Outcome.UNREADABLE, "not gzip", id="no gzip"
        ),
        pytest.param(
            gzip.compress(PAGE)[:-9],
            {"content_encoding": "gzip"},
            Outcome.UNREADABLE,
            "breaks off",
            id="half a gzip",
        ),
        pytest.param(
            b"x", {"content_encoding": "br"}, Outcome.BAD_TYPE, "br was not asked for", id="brotli"
        ),
        pytest.param(
            b"<html>",
            {"content_type": "text/html; charset=utf-8"},
            Outcome.BAD_TYPE,
            "text/html is no metrics page; is the path right?",
            id="a web page",
        ),
        pytest.param(b"<html>\n", {}, Outcome.UNREADABLE, "line 1", id="a web page in disguise"),
        pytest.param(PAGE, {"status": "404 Gone"}, Outcome.BAD_STATUS, "HTTP 404", id="not found"),
        pytest.param(
            PAGE,
            {"status": "302 Found", "location": "http://127.0.0.1:1/"},
            Outcome.BAD_STATUS,
            "HTTP 302",
            id="elsewhere",
        ),
        pytest.param(
            b"a 12", {"framed": False}, Outcome.UNREADABLE, "Was the page cut off", id="cut off"
        ),
        pytest.param(
            PAGE,
            {"framed": False, "content_length": "999"},
            Outcome.UNREADABLE,
            "the answer breaks off",
            id="less than was announced",
        ),
    ],
)
async def test_what_is_no_page_is_told_apart(look, serve, http, *, body, more, outcome, reason):
    async with serve(http(body, **more)) as url:
        found = await look(url)
    assert found.outcome is outcome
    assert reason in found.reason
    assert found.page is None


async def test_silence_is_a_timeout_and_not_a_refusal(look, serve, http):
    async with serve(http(PAGE), pause=5.0) as url:
        found = await look(url, deadline=0.05)
    assert (found.outcome, found.reason) == (Outcome.TIMEOUT, "no answer in time")


async def test_a_drip_cannot_hold_on(look, serve, http):
    async with serve(http(b"", framed=False), *[b"a"] * 500, pause=0.02) as url:
        assert (await look(url, deadline=0.1)).outcome is Outcome.TIMEOUT


async def test_a_closed_port_refuses(look, serve):
    async with serve() as url:
        pass
    found = await look(url)
    assert found.outcome is Outcome.REFUSED
    assert found.reason.startswith("no connection: ")


async def test_an_answer_that_is_no_http_is_unreadable(look, serve):
    async with serve(b"SSH-2.0-OpenSSH\r\n") as url:
        found = await look(url)
    assert found.outcome is Outcome.UNREADABLE
    assert "not HTTP" in found.reason
