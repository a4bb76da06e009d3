"""Fetches metrics pages: kept-alive connections, one answer at a time, everything bounded.

The hot half of a scrape. An HTTP library made for many uses costs three times as much for each page
(`tests/bench/bench_scrape.py`); this one knows only GET. Parsing HTTP itself is left to httptools.
"""

import asyncio
import ipaddress
import ssl
import zlib
from typing import Self

import httptools

from probes.exposition_grammar import Format
from probes.page_request import PageRequest
from probes.scrape_outcome import Outcome, ScrapeEnded

__all__ = ["Body", "PageClient"]

OK_STATUS = 200
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32_768
FORMATS = {form.value: form for form in Format}
Place = tuple[str, int, ssl.SSLContext | None]


class Body:
    """The body of an answer as it grows, unpacked and bounded.

    Args:
        limit: Most bytes of it, unpacked.
    """

    def __init__(self, limit: int) -> None:
        self.form = Format.TEXT
        self.framed = False
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._unpacker: zlib._Decompress | None = None
        self._inside = False

    def unpack(self) -> None:
        """Expect it packed by gzip."""
        self._unpacker = zlib.decompressobj(wbits=31)

    def add(self, piece: bytes) -> None:
        """Take one piece.

        Raises:
            ScrapeEnded: It is larger than allowed, or not gzip.
        """
        if self._unpacker is not None:
            try:
                piece = self._unpacker.decompress(piece, self._limit - self._size + 1)
            except zlib.error as error:
                raise ScrapeEnded(Outcome.UNREADABLE, f"not gzip: {error}") from error
        self._size += len(piece)
        if self._size > self._limit:
            raise ScrapeEnded(Outcome.TOO_LARGE, f"more than {self._limit} bytes")
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """Return it all.

        Raises:
            ScrapeEnded: The packed stream breaks off.
        """
        if self._unpacker is not None and not self._unpacker.eof:
            raise ScrapeEnded(Outcome.UNREADABLE, "the gzip stream breaks off")
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        # Where HTTP itself vouches for the end, a missing newline is only a habit of the server.
        return body if body.endswith(b"\n") or not self.framed else body + b"\n"


class _Connection(asyncio.Protocol):
    """One connection to one target, and the answer that is awaited on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer: asyncio.Future[Body] | None = None
        self._body = Body(0)
        self._headers: list[tuple[bytes, bytes]] = []
        self._header_bytes = 0
        self._headers_done = False
        self._begun = False

    @property
    def usable(self) -> bool:
        """Whether another question may be asked."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def silent(self) -> bool:
        """Whether nothing of an answer has come yet."""
        return not self._begun

    def ask(self, question: bytes, limit: int) -> asyncio.Future[Body]:
        """Send a question; the answer comes later, or the reason why not."""
        if self._transport is None:
            msg = "not connected"
            raise ConnectionResetError(msg)
        self._parser = httptools.HttpResponseParser(self)
        self._answer = self._loop.create_future()
        self._body = Body(limit)
        self._headers, self._header_bytes = [], 0
        self._headers_done = self._begun = False
        self._transport.write(question)
        return self._answer

    def give_up(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what writes."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Read on; whatever is wrong ends the answer and the connection."""
        if self._answer is None or self._answer.done() or self._parser is None:
            self.give_up()  # nobody asked
            return
        self._begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            self._end(error.__context__ or error)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._end(ScrapeEnded(Outcome.UNREADABLE, f"not HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is awaited: an answer without a length ends with its connection."""
        self._transport = None
        if self._answer is None or self._answer.done():
            return
        if self._headers_done and not self._body.framed and exc is None:
            self._answer.set_result(self._body)
        elif self._begun:
            self._end(ScrapeEnded(Outcome.UNREADABLE, "the answer breaks off"))
        else:
            self._end(ConnectionResetError("closed before it answered"))

    def on_message_begin(self) -> None:
        """Refuse a second answer to one question; httptools calls this."""
        if self._answer is None or self._answer.done():
            raise ScrapeEnded(Outcome.UNREADABLE, "it answers unasked")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers.append((name.lower(), value))
        self._header_bytes += len(name) + len(value)
        if len(self._headers) > MAX_HEADERS or self._header_bytes > MAX_HEADER_BYTES:
            raise ScrapeEnded(Outcome.UNREADABLE, "more headers than an answer should have")

    def on_headers_complete(self) -> None:
        """Refuse early what is no metrics page."""
        parser = self._parser
        status = 0 if parser is None else parser.get_status_code()
        if status != OK_STATUS:
            raise ScrapeEnded(Outcome.BAD_STATUS, f"HTTP {status}")
        headers = dict(self._headers)
        self._body.framed = b"content-length" in headers or b"transfer-encoding" in headers
        kind = headers.get(b"content-type", b"text/plain").partition(b";")[0].strip().lower()
        form = FORMATS.get(kind.decode("latin-1"))
        if form is None:
            shown = kind[:80].decode(errors="replace")
            raise ScrapeEnded(Outcome.BAD_TYPE, f"{shown} is no metrics page; is the path right?")
        self._body.form = form
        packing = headers.get(b"content-encoding", b"identity").strip().lower()
        if packing == b"gzip":
            self._body.unpack()
        elif packing != b"identity":
            shown = packing[:80].decode(errors="replace")
            raise ScrapeEnded(Outcome.BAD_TYPE, f"the encoding {shown} was not asked for")
        self._headers_done = True

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body."""
        self._body.add(piece)

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        if self._answer is not None and not self._answer.done() and self._headers_done:
            self._answer.set_result(self._body)
        if self._parser is not None and not self._parser.should_keep_alive():
            self.give_up()

    def _end(self, error: BaseException) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.give_up()


class PageClient:
    """Keeps a connection to each target and asks it for its page."""

    def __init__(self) -> None:
        self._idle: dict[tuple[Place, bytes], _Connection] = {}

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
        key = ((request.host, request.port, request.tls), request.question)
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

    async def close(self) -> None:
        """Close every connection."""
        for connection in self._idle.values():
            connection.give_up()
        self._idle.clear()
        await asyncio.sleep(0)

    async def _connect(self, request: PageRequest) -> _Connection:
        loop = asyncio.get_running_loop()
        transport, connection = await loop.create_connection(
            lambda: _Connection(loop),
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
        key: tuple[Place, bytes],
        connection: _Connection,
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


def _expire(answer: asyncio.Future[Body]) -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())


def _is_link_local(peer: object) -> bool:
    if not isinstance(peer, tuple):
        return False
    return ipaddress.ip_address(str(peer[0]).partition("%")[0]).is_link_local
