"""Incidents that follow from the time alone: a page that counts them, and what rules must say of them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import numpy.typing as npt

from probes.clock import SystemClock
from slo import BurnRule, Objective, Severity

__all__ = ["CLOCK", "Incident", "IncidentPage", "Shape", "Span", "expected", "serve"]

RATE = 5000.0
"""Requests a second of each shape."""

BEFORE = 1_000_000
"""What the counters stood at before anyone looked."""

CLOCK = SystemClock()
GRID_SECONDS = 0.01
Floats = npt.NDArray[np.float64]
Span = tuple[float, float]
"""From when to when an alert fires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Seconds since the beginning, and the share of requests that fail between them."""

    begin: float
    end: float
    share: float

    def failed_seconds(self, at: Floats | float) -> Floats:
        """Return how many seconds' worth of requests failed until then."""
        return self.share * (np.clip(at, self.begin, self.end) - self.begin)


Shape = tuple[Incident, ...]


@dataclass(slots=True, kw_only=True)
class IncidentPage:
    """Counters of each shape; traffic begins when it is told to, and until then they stand still.

    Attributes:
        shapes: Incidents by name.
        began: When the traffic began, Unix seconds.
        url: Where it is served.
        reads: When it was read, by path.
    """

    shapes: Mapping[str, Shape]
    began: float = float("inf")
    url: str = ""
    reads: dict[str, list[float]] = field(default_factory=dict)

    def text(self, now: float) -> str:
        """Return the page of this moment."""
        at = max(0.0, now - self.began)
        lines = ["# TYPE requests_total counter"]
        for name, shape in self.shapes.items():
            bad = int(RATE * sum(float(each.failed_seconds(at)) for each in shape))
            for code, count in (("200", int(RATE * at) - bad), ("500", bad)):
                lines.append(f'requests_total{{shape="{name}",code="{code}"}} {BEFORE + count}')
        return "\n".join([*lines, ""])


@contextmanager
def serve(page: IncidentPage) -> Iterator[IncidentPage]:
    """Serve the page on loopback; each reader has a path of its own."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            now = CLOCK.now().timestamp()
            body = page.text(now).encode()
            page.reads.setdefault(self.path.partition("?")[0], []).append(now)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        page.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield page
        finally:
            server.shutdown()
            thread.join()


def expected(
    shape: Shape,
    rules: tuple[BurnRule, ...],
    objective: Objective,
    severity: Severity,
    *,
    length: float,
) -> list[Span]:
    """Return when an alert must fire, were every request seen at once and judged at once."""
    times = np.arange(0.0, length, GRID_SECONDS) + GRID_SECONDS
    firing = np.zeros(len(times), dtype=bool)
    for rule in rules:
        if rule.severity is severity:
            limit = rule.threshold(objective.window) * objective.allowed_error_ratio
            windows = (rule.long.total_seconds(), rule.short.total_seconds())
            long, short = (_share(shape, times, seconds) >= limit for seconds in windows)
            firing |= long & short
    edges = np.flatnonzero(np.diff(np.concatenate(([False], firing, [False])).astype(int)))
    ends = np.append(times, np.inf)
    return [(float(ends[a]), float(ends[b])) for a, b in edges.reshape(-1, 2).tolist()]


def _share(shape: Shape, times: Floats, seconds: float) -> Floats:
    since = np.maximum(times - seconds, 0.0)
    failed = sum(each.failed_seconds(times) - each.failed_seconds(since) for each in shape)
    return np.asarray(failed / (times - since))
