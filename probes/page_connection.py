"""One connection to one target: httptools reads HTTP, everything that comes is bounded."""

import asyncio
import zlib

import httptools

from probes.exposition_grammar import Format
from probes.scrape_outcome import Outcome, ScrapeEnded

__all__ = ["Body", "Connection", "Meter"]

OK_STATUS = 200
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32_768
MOST_HELD_BYTES = 48 << 20
UNPACKED_BYTES = 65_536
FORMATS = {form.value: form for form in Format}


class Meter:
    """How many bytes of bodies are held at once, over all connections.

    Args:
        limit: Most of them.
    """

    def __init__(self, limit: int = MOST_HELD_BYTES) -> None:
        self.limit = limit
        self.held = 0


class Body:
    """The body of an answer as it grows, unpacked and bounded.

    Args:
        limit: Most bytes of it, unpacked.
        meter: What all bodies together hold.
    """

    def __init__(self, limit: int, meter: Meter) -> None:
        self._meter = meter
        self.form = Format.TEXT
        self.framed = False
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._unpacker: zlib._Decompress | None = None

    def __del__(self) -> None:
        self.drop()  # whoever forgets a body must not hold up the others

    def unpack(self) -> None:
        """Expect it packed by gzip."""
        self._unpacker = zlib.decompressobj(wbits=31)

    def add(self, piece: bytes) -> None:
        """Take one piece.

        Raises:
            ScrapeEnded: It is larger than allowed, or not gzip.
        """
        if self._unpacker is None:
            self._keep(piece)
            return
        while piece and not self._unpacker.eof:
            try:
                self._keep(self._unpacker.decompress(piece, UNPACKED_BYTES))
            except zlib.error as error:
                raise ScrapeEnded(Outcome.UNREADABLE, f"not gzip: {error}") from error
            piece = self._unpacker.unconsumed_tail

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        self._meter.held += len(piece)
        if self._size > self._limit:
            raise ScrapeEnded(Outcome.TOO_LARGE, f"more than {self._limit} bytes")
        if self._meter.held > self._meter.limit:
            raise ScrapeEnded(Outcome.TOO_LARGE, "too many large pages at once")
        self._pieces.append(piece)

    def drop(self) -> None:
        """Let go of what was taken."""
        self._pieces = []
        self._meter.held -= self._size
        self._size = 0

    def whole(self) -> bytes:
        """Return it all, once.

        Raises:
            ScrapeEnded: The packed stream breaks off.
        """
        if self._unpacker is not None and not self._unpacker.eof:
            self.drop()
            raise ScrapeEnded(Outcome.UNREADABLE, "the gzip stream breaks off")
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self.drop()
        # Where HTTP itself vouches for the end, a missing newline is only a habit of the server.
        return body if body.endswith(b"\n") or not self.framed else body + b"\n"


class Connection(asyncio.Protocol):
    """One connection to one target, and the answer that is awaited on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, meter: Meter) -> None:
        self._loop = loop
        self._meter = meter
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer: asyncio.Future[Body] | None = None
        self._body = Body(0, meter)
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
        self._body = Body(limit, self._meter)
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
            self._body.drop()
        self.give_up()
