"""One bounded GET of a metrics page. Everything that can come back is an outcome with a reason."""

import asyncio
import socket
import time
import zlib
from dataclasses import dataclass
from enum import StrEnum

import aiohttp

from probes.errors import UnreadableMetrics
from probes.exposition import LayoutCache, Page

__all__ = ["Outcome", "Scrape", "make_session", "scrape"]

ACCEPT = "text/plain;version=0.0.4;q=1,*/*;q=0.1"
OK_STATUS = 200
CHUNK_BYTES = 65_536
READABLE = ("text/plain", "application/openmetrics-text")


class Outcome(StrEnum):
    """What became of a scrape."""

    OK = "ok"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    BAD_STATUS = "bad_status"
    BAD_TYPE = "bad_type"
    UNREADABLE = "unreadable"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """What became of a scrape: the page or None, and why; seconds it took, bytes it brought."""

    outcome: Outcome
    reason: str
    page: Page | None = None
    seconds: float = 0.0
    size: int = 0


class _Ended(Exception):
    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


def make_session() -> aiohttp.ClientSession:
    """Return a session for scrapes: kept-alive connections, no cookies, no proxies, no unpacking."""
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=4, family=socket.AF_UNSPEC)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"accept": ACCEPT, "accept-encoding": "identity"},
    )


async def scrape(
    session: aiohttp.ClientSession,
    url: str,
    layouts: LayoutCache,
    *,
    deadline: float,
    body_limit: int,
) -> Scrape:
    """Read one page.

    A deadline that passes is a timeout and means "unknown": a busy server answers late.

    Args:
        session: From `make_session`.
        url: Address of the page; redirects are not followed.
        layouts: Layouts of pages read before.
        deadline: Seconds for all of it, so that a drip cannot hold on.
        body_limit: Most bytes of the page, unpacked.
    """
    begun = time.monotonic()
    try:
        async with asyncio.timeout(deadline):
            body = await _fetch(session, url, body_limit)
        page = layouts.read(url, body)
    except TimeoutError:
        found = Scrape(outcome=Outcome.TIMEOUT, reason=f"no answer within {deadline:g} s")
    except _Ended as ended:
        found = Scrape(outcome=ended.outcome, reason=str(ended))
    except aiohttp.ClientPayloadError:
        found = Scrape(outcome=Outcome.UNREADABLE, reason="the answer breaks off")
    except (aiohttp.ClientError, OSError) as error:
        found = Scrape(outcome=Outcome.REFUSED, reason=f"no connection: {type(error).__name__}")
    except UnreadableMetrics as error:
        found = Scrape(outcome=Outcome.UNREADABLE, reason=str(error))
    else:
        found = _judged(page, len(body))
    return Scrape(
        outcome=found.outcome,
        reason=found.reason,
        page=found.page,
        seconds=time.monotonic() - begun,
        size=found.size,
    )


def _judged(page: Page, size: int) -> Scrape:
    if not len(page.values):
        return Scrape(outcome=Outcome.EMPTY, reason="the page has no samples", size=size)
    return Scrape(outcome=Outcome.OK, reason="ok", page=page, size=size)


async def _fetch(session: aiohttp.ClientSession, url: str, limit: int) -> bytes:
    async with session.get(url, allow_redirects=False) as response:
        if response.status != OK_STATUS:
            raise _Ended(Outcome.BAD_STATUS, f"HTTP {response.status}")
        kind = response.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
        if kind not in READABLE:
            raise _Ended(Outcome.BAD_TYPE, f"{kind} is no metrics page; is the path right?")
        packing = response.headers.get("content-encoding", "identity").lower()
        if packing not in ("identity", "gzip"):
            raise _Ended(Outcome.BAD_TYPE, f"the encoding {packing} was not asked for")
        body = await _read(response, limit, gzip=packing == "gzip")
    # Where HTTP itself vouches for the end, a missing last newline is only a habit of the server.
    framed = response.content_length is not None or "transfer-encoding" in response.headers
    return body if body.endswith(b"\n") or not framed else body + b"\n"


async def _read(response: aiohttp.ClientResponse, limit: int, *, gzip: bool) -> bytes:
    """Read the body piece by piece, so that neither its size nor its unpacked size can surprise."""
    unpacker = zlib.decompressobj(wbits=31) if gzip else None
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        piece = chunk
        if unpacker is not None:
            try:
                piece = unpacker.decompress(chunk, limit - len(body) + 1)
            except zlib.error as error:
                raise _Ended(Outcome.UNREADABLE, f"not gzip: {error}") from error
        body += piece
        if len(body) > limit:
            raise _Ended(Outcome.TOO_LARGE, f"more than {limit} bytes")
    if unpacker is not None and not unpacker.eof:
        raise _Ended(Outcome.UNREADABLE, "the gzip stream breaks off")
    return bytes(body)
