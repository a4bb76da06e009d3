"""Native histograms that a real Prometheus scraped are counted as they were observed, within bounds at worst."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from controlplane.demo.processes import free_port
from controlplane.engines import PastOfSlo
from controlplane.engines.prometheus import EnginePast, PrometheusEngine
from controlplane.errors import EngineError
from probes.clock import SystemClock
from slo import read_openslo
from tests.systems.native_exposition import native_family, serving

PAGES = 12
DEADLINE = 20.0
SCHEMAS = (5, 5, 5, 3, 3, 3, 3, 1, 1, 4, 4, 4)
RESTART = 9
"""The page that another process shows, with fewer observations."""
SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast, annotations: {%s}}
spec:
  service: chat
  indicator:
    metadata: {name: seconds}
    spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: seconds}}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{op: %s, value: %r, target: 0.9}]
"""


def observed() -> list[tuple[list[float], list[float]]]:
    """What happened before each page, and what its process saw by then."""
    rng = np.random.default_rng(7)
    pages, life = [], []
    for page in range(PAGES):
        if page == RESTART:
            life = []
        new = np.exp(rng.normal(-1.2, 1.0, size=20 + page)).tolist()
        life = life + new
        pages.append((new, life))
    return pages


@contextmanager
def prometheus_watching(address: str, folder: Path) -> Iterator[str]:
    """Start a Prometheus that knows native histograms, and stop it at the end."""
    config = folder / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"
        f"scrape_configs: [{{job_name: chat, static_configs: [{{targets: ['{address}']}}]}}]\n"
    )
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=native-histograms",
        "--log.level=error",
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(url: str, count: int) -> None:
    """Wait until the last page was stored."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        try:
            asked = httpx.get(
                f"{url}/api/v1/query", params={"query": "histogram_count(seconds)"}, trust_env=False
            ).json()
            if asked["data"]["result"] and float(asked["data"]["result"][0]["value"][1]) == count:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    pytest.fail("Prometheus did not scrape all pages")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed")
    pages = observed()
    bodies = [
        native_family("seconds", life, schema)
        for (_, life), schema in zip(pages, SCHEMAS, strict=True)
    ]
    folder = tmp_path_factory.mktemp("native")
    with serving(iter(bodies)) as address, prometheus_watching(address, folder) as url:
        wait_for(url, len(pages[-1][1]))
        yield url


def past_of(engine: str, limit: float, *, annotations: str = "", op: str = "lte") -> PastOfSlo:
    (slo,) = read_openslo(SLO % (annotations, op, limit), origin="slos.yaml")
    past, now = EnginePast(PrometheusEngine(engine)), SystemClock().now().timestamp()
    try:
        return past.of(slo, since=now - 600.0, until=now, progress=lambda _: None)
    finally:
        past.close()


def happened(limit: float) -> tuple[int, int]:
    """Good and all observations after the first page, which is where counting begins."""
    values = [each for new, _ in observed()[1:] for each in new]
    return sum(each <= limit for each in values), len(values)


@pytest.mark.parametrize("limit", [2.0**-1.5, 0.5, 2.0**0.5, 0.25, 4096.0])
def test_at_an_edge_of_every_schema_all_is_exact(engine, limit):
    found = past_of(engine, limit)
    good, total = happened(limit)
    assert found.counts.total[-1] == total
    assert found.counts.total[-1] - found.counts.bad[-1] == good
    assert not any("lie between" in note for note in found.notes)


def test_between_edges_it_is_refused_or_bounded(engine):
    with pytest.raises(
        EngineError, match=r"No bucket of seconds ends at 0\.3\. Use one of 0\.25, "
    ):
        past_of(engine, 0.3)
    found = past_of(engine, 0.3, annotations="trimtab.dev/between-edges: bound")
    good, total = happened(0.3)
    least = int(found.counts.total[-1] - found.counts.bad[-1])
    (note,) = [note for note in found.notes if "lie between" in note]
    between = int(note.split()[0])
    assert found.counts.total[-1] == total
    assert 0 < between < total
    assert least <= good <= least + between


def test_a_histogram_has_no_readings(engine):
    with pytest.raises(EngineError, match="seconds is a native histogram, which has no readings"):
        past_of(engine, 0.5, op="lt")
