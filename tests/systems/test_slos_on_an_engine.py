"""SLOs on the samples of a real engine, through kill -9 of the plane and an outage of the engine: no event is lost."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from controlplane.demo.processes import free_port
from tests.systems.past_victoria import PROGRAM

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: on-engine}
spec:
  service: chat
  indicator:
    metadata: {name: errors}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {metricSourceRef: fleet, spec: {query: 'requests_total{code="500"}'}}}
        total: {metricSource: {metricSourceRef: fleet, spec: {query: requests_total}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{target: 0.9}]
"""
WITHIN_SECONDS = 25.0
Counts = tuple[int, int]


class Page:
    """Counters that go up when they are told to; the first values are from before anyone looked."""

    def __init__(self) -> None:
        self.bad, self.total = 1_000, 9_000
        self.truth: Counts = 0, 0
        self.reads = 0

    def answer(self, *, bad: int, total: int) -> None:
        """Count requests of which some failed."""
        self.bad, self.total = self.bad + bad, self.total + total
        self.truth = self.truth[0] + bad, self.truth[1] + total

    def text(self) -> str:
        lines = ["# TYPE requests_total counter"]
        for code, count in (("200", self.total - self.bad), ("500", self.bad)):
            lines.append(f'requests_total{{code="{code}"}} {count}')
        return "\n".join([*lines, ""])


@pytest.fixture
def page() -> Iterator[tuple[Page, str]]:
    found = Page()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.reads += 1
            body = found.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield found, f"127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{Path(command[0]).name}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def engine_command(kind: str, address: str) -> list[str]:
    if kind == "prometheus":
        listen = f"--web.listen-address={address}"
        return [kind, "--config.file=scrape.yml", "--storage.tsdb.path=data", listen]
    scrape = "-promscrape.config=scrape.yml"
    return [kind, scrape, "-storageDataPath=data", f"-httpListenAddr={address}"]


def files(folder: Path, target: str, engine: str) -> str:
    """Write what both read; return where the plane listens."""
    job = {"job_name": "page", "static_configs": [{"targets": [target]}]}
    scrape = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [job]}
    (folder / "scrape.yml").write_text(yaml.safe_dump(scrape))
    (folder / "slos.yaml").write_text(SLO)
    address = f"127.0.0.1:{free_port()}"
    fleet = {"engine": "prometheus", "url": f"http://{engine}", "every": "1s"}
    config = {
        "slos": ["slos.yaml"],
        "storage": {"engines": {"fleet": fleet}},
        "api": {"listen": address},
    }
    (folder / "trimtab.yaml").write_text(yaml.safe_dump(config))
    return f"http://{address}"


def counts(url: str) -> Counts | None:
    try:
        found: Any = httpx.get(f"{url}/v1/slos/on-engine/budget", timeout=5, trust_env=False).json()
    except httpx.HTTPError:
        return None
    return found["bad"], found["total"]


def wait_for(url: str, wanted: Counts) -> None:
    deadline, seen = time.monotonic() + WITHIN_SECONDS, None
    while time.monotonic() < deadline:
        seen = counts(url)
        if seen == wanted:
            return
        time.sleep(0.2)
    pytest.fail(f"counted {seen}, and {wanted} happened")


def scraped(page: Page, times: int = 2) -> None:
    """Wait until the page was read again, so that what it shows was seen."""
    wanted, deadline = page.reads + times, time.monotonic() + WITHIN_SECONDS
    while page.reads < wanted:
        assert time.monotonic() < deadline, "the engine does not read the page"
        time.sleep(0.05)


@pytest.mark.parametrize("kind", ["prometheus", PROGRAM])
def test_every_event_is_counted_once_whatever_is_killed(
    kind: str, page: tuple[Page, str], tmp_path: Path
) -> None:
    if shutil.which(kind) is None:
        pytest.skip(f"{kind} is not installed")
    shown, target = page
    engine = f"127.0.0.1:{free_port()}"
    url = files(tmp_path, target, engine)
    plane = [sys.executable, "-m", "controlplane", "up"]
    with running(engine_command(kind, engine), tmp_path) as engine_process:
        scraped(shown)
        shown.answer(bad=7, total=100)  # before the plane is there: it is the engine's past
        scraped(shown)
        with running(plane, tmp_path) as process:
            wait_for(url, shown.truth)
            shown.answer(bad=30, total=300)
            wait_for(url, shown.truth)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        shown.answer(bad=1, total=10)  # while it is dead
        scraped(shown)
        with running(plane, tmp_path):
            wait_for(url, shown.truth)
            engine_process.terminate()
            engine_process.wait(20)
            shown.answer(bad=2, total=20)  # while the engine is dead
            time.sleep(2.0)
            feed = httpx.get(f"{url}/v1/engines", trust_env=False).json()["items"][0]
            assert (feed["ok"], "cannot be asked" in feed["reason"]) == (False, True)
            with running(engine_command(kind, engine), tmp_path):
                wait_for(url, shown.truth)
                shown.answer(bad=3, total=30)
                wait_for(url, shown.truth)
