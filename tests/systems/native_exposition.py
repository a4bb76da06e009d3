"""A page with one native histogram in protobuf, written field by field, and a server that shows it.

Source: prometheus/client_model, metrics.proto: the numbers of the fields.
"""

import math
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["CONTENT_TYPE", "native_family", "serving"]

CONTENT_TYPE = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)
ZERO_THRESHOLD = 2.0**-20
HISTOGRAM = 4


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def zigzag(value: int) -> bytes:
    return varint((value << 1) ^ (value >> 63))


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def piece(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def native_family(name: str, observed: Sequence[float], schema: int) -> bytes:
    """Return a family of one histogram: bucket i of a schema ends at 2**(i / 2**schema)."""
    held = Counter(
        math.ceil(math.log2(each) * 2.0**schema) for each in observed if each > ZERO_THRESHOLD
    )
    spans, deltas, last, before = b"", b"", None, 0
    for bucket, count in sorted(held.items()):
        away = bucket if last is None else bucket - last - 1
        spans += piece(12, varint(1 << 3) + zigzag(away) + number(2, 1))
        deltas += varint(13 << 3) + zigzag(count - before)
        last, before = bucket, count
    histogram = (
        number(1, len(observed))
        + double(2, sum(observed))
        + varint(5 << 3)
        + zigzag(schema)
        + double(6, ZERO_THRESHOLD)
        + number(7, len(observed) - held.total())
        + spans
        + deltas
    )
    metric = piece(4, piece(7, histogram))
    family = piece(1, name.encode()) + piece(2, b"Seconds.") + number(3, HISTOGRAM) + metric
    return varint(len(family)) + family


@contextmanager
def serving(pages: Iterator[bytes]) -> Iterator[str]:
    """Show one page after another, the last one for ever, on a port of this machine."""
    lock, shown = threading.Lock(), [b""]

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                body = shown[0] = next(pages, shown[0])
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
