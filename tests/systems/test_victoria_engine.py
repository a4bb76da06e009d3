"""What VictoriaMetrics answers otherwise than Prometheus does, and what must not come of it."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
import yaml

from controlplane.engines.prometheus import EnginePast, PrometheusEngine
from controlplane.errors import EngineError
from controlplane.slo_files import read_slo_files
from slo import SloSpec
from tests.systems.past_victoria import PROGRAM, flush, put, victoria
from tests.systems.test_past_of_an_engine import SLO, START

pytestmark = pytest.mark.skipif(
    shutil.which(PROGRAM) is None, reason="victoria-metrics is not installed"
)
AWAY = range(3, 6)
"""Which of the scrapes find nobody."""

SCRAPES_AFTER = 2
DEADLINE_SECONDS = 20.0


@contextmanager
def target_that_was_away() -> Iterator[str]:
    """Serve a counter that stood at a thousand before anyone looked, and return its address."""
    scrapes: list[int] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = len(scrapes)
            away = number in AWAY
            body = b"" if away else f'requests_total{{code="200"}} {1000 + number}\n'.encode()
            self.send_response(503 if away else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            scrapes.append(number)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


GAUGE = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: queue}
spec:
  service: chat
  indicator:
    metadata: {name: depth}
    spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: queue_depth}}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{op: lte, value: 5, target: 0.9}]
"""


def slos(folder: Path, text: str = SLO) -> tuple[SloSpec, ...]:
    (folder / "slos.yaml").write_text(text)
    return read_slo_files((str(folder / "slos.yaml"),), beside=folder)


def raw(url: str) -> list[tuple[float, str]]:
    """Return the samples of the counter as the engine tells them."""
    flush(url)
    asked = {"query": 'requests_total{code="200"}[1h]'}
    answer = httpx.get(f"{url}/api/v1/query", params=asked, timeout=10, trust_env=False).json()
    return [(at, value) for each in answer["data"]["result"] for at, value in each["values"]]


def came_back(samples: list[tuple[float, str]]) -> bool:
    values = [value for _, value in samples]
    return "NaN" in values and values.index("NaN") < len(values) - SCRAPES_AFTER


@pytest.fixture
def scraped(tmp_path: Path) -> Iterator[str]:
    """An engine that scraped a target which was away for a while."""
    with target_that_was_away() as address:
        job = {"job_name": "chat", "static_configs": [{"targets": [address]}]}
        config = {"global": {"scrape_interval": "200ms"}, "scrape_configs": [job]}
        (tmp_path / "scrape.yaml").write_text(yaml.safe_dump(config))
        with victoria(tmp_path, f"-promscrape.config={tmp_path / 'scrape.yaml'}") as url:
            deadline = time.monotonic() + DEADLINE_SECONDS
            while not came_back(raw(url)) and time.monotonic() < deadline:
                time.sleep(0.2)
            yield url


def test_a_past_that_begins_while_the_target_is_away_counts_nothing_twice(
    scraped: str, tmp_path: Path
) -> None:
    samples = raw(scraped)
    marker = next(at for at, value in samples if value == "NaN")
    shown = [float(value) for at, value in samples if at > marker and value != "NaN"]
    past, until = EnginePast(PrometheusEngine(scraped)), samples[-1][0]
    found = past.of(slos(tmp_path)[0], since=marker, until=until, progress=print)
    nothing = past.of(slos(tmp_path)[0], since=marker, until=marker + 0.05, progress=print)
    past.close()
    assert found.counts.since(marker - 1.0, until).total == shown[-1] - shown[0]
    assert nothing.notes == ("the engine knows nothing of it in this time",)


def test_more_series_than_it_tells_of_are_refused_with_a_hint(tmp_path: Path) -> None:
    with victoria(tmp_path, "-search.maxSeries=1") as url:
        put(url, [f'seconds_bucket{{le="{edge}"}} 1 {START}000' for edge in ("0.5", "1", "+Inf")])
        past = EnginePast(PrometheusEngine(url))
        with pytest.raises(EngineError, match=r"refuses: .* exceeds 1"):
            past.of(slos(tmp_path)[1], since=START - 600.0, until=START + 60.0, progress=print)
        past.close()


def test_readings_that_were_imported_twice_are_counted_once(tmp_path: Path) -> None:
    lines = [f"queue_depth {depth} {(START + depth * 15) * 1000}" for depth in range(10)]
    with victoria(tmp_path) as url:
        for _ in range(2):
            put(url, lines)
        past = EnginePast(PrometheusEngine(url))
        slo = slos(tmp_path, GAUGE)[0]
        found = past.of(slo, since=START - 60.0, until=START + 600.0, progress=print)
        past.close()
    counts = found.counts.since(START - 60.0, START + 600.0)
    assert (counts.bad, counts.total) == (4, 10)
