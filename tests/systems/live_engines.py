"""Two engines on the clock, on one page: Prometheus with generated rules, and the control plane."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.demo.processes import free_port
from tests.systems.incidents import IncidentPage, Span

__all__ = ["INTERVAL", "PLANE_PATH", "PROMETHEUS_PATH", "Engines", "Key", "running_engines"]

INTERVAL = 1.0
"""Between two scrapes of either engine, and between two evaluations of Prometheus."""

PROMETHEUS_PATH, PLANE_PATH = "/prometheus", "/plane"
"""Where each reads the page."""

START_SECONDS = 30.0
STOP_SECONDS = 10.0
Key = tuple[str, str]
"""An SLO and a severity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Where both are asked."""

    prometheus: str
    plane: str

    def fired_in_prometheus(self) -> dict[Key, list[Span]]:
        """Return from when to when each alert fired, as its own evaluations say to the millisecond."""
        query = 'ALERTS{alertname="SLOBurn",alertstate="firing"}[1h]'
        found = _get(f"{self.prometheus}/api/v1/query", query=query)["data"]["result"]
        return {
            (each["metric"]["slo"], each["metric"]["severity"]): _spans(
                [float(at) for at, _ in each["values"]]
            )
            for each in found
        }

    def fired_here(self) -> dict[tuple[str, str, int], Span]:
        """Return the newest episode of each alert of ours."""
        return {
            (each["slo"], each["severity"], each["episode"]): (
                each["startsAt"],
                float("inf") if each["endsAt"] is None else each["endsAt"],
            )
            for each in _get(f"{self.plane}/v1/alerts")["items"]
        }

    def recorded(self, slo: str) -> list[float]:
        """Return when Prometheus evaluated the recording rules of an SLO."""
        query = f'slo:total:increase1m{{slo="{slo}"}}[1h]'
        found = _get(f"{self.prometheus}/api/v1/query", query=query)["data"]["result"]
        return [float(at) for at, _ in found[0]["values"]]


def _spans(times: Sequence[float]) -> list[Span]:
    """Return runs of evaluations that fired; each ends with the first evaluation that did not."""
    spans: list[Span] = []
    for at in times:
        if spans and at - spans[-1][1] < INTERVAL / 2:
            spans[-1] = (spans[-1][0], at + INTERVAL)
        else:
            spans.append((at, at + INTERVAL))
    return spans


def _get(url: str, **fields: str) -> Any:
    return httpx.get(url, params=fields, timeout=10, trust_env=False).raise_for_status().json()


@contextmanager
def running_engines(page: IncidentPage, slos: str, folder: Path) -> Iterator[Engines]:
    """Start both, wait until each knows the page, and stop them at the end."""
    (folder / "slos.yaml").write_text(slos)
    engines = Engines(
        prometheus=f"http://{_prometheus_files(page, folder)}",
        plane=f"http://{_plane_files(page, folder)}",
    )
    prometheus = [
        "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address={engines.prometheus.removeprefix('http://')}",
        "--log.level=error",
    ]
    plane = [sys.executable, "-m", "controlplane", "up", "-c", "trimtab.yaml"]
    with _process(plane, folder) as one, _process(prometheus, folder) as other:
        _wait(page, (one, other), (PLANE_PATH, PROMETHEUS_PATH))
        yield engines


def _prometheus_files(page: IncidentPage, folder: Path) -> str:
    made = CliRunner().invoke(app, ["slo", "rules", str(folder / "slos.yaml")])
    assert made.exit_code == 0, made.output
    (folder / "rules.yml").write_text(made.stdout)
    seconds = f"{INTERVAL:g}s"
    every = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), seconds)
    config = {
        "global": every,
        "rule_files": ["rules.yml"],
        "scrape_configs": [
            {
                "job_name": "page",
                "metrics_path": PROMETHEUS_PATH,
                "static_configs": [{"targets": [page.url.removeprefix("http://")]}],
            }
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    return f"127.0.0.1:{free_port()}"


def _plane_files(page: IncidentPage, folder: Path) -> str:
    address, seconds = f"127.0.0.1:{free_port()}", f"{INTERVAL:g}s"
    target = {"name": "page", "url": page.url + PLANE_PATH, "service": "chat"}
    config = {
        "targets": [{**target, "interval": seconds, "timeout": seconds}],
        "slos": ["slos.yaml"],
        "notify": {"keep_firing": "0s"},
        "api": {"listen": address},
    }
    (folder / "trimtab.yaml").write_text(yaml.safe_dump(config))
    return address


@contextmanager
def _process(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = folder / f"{Path(command[0]).name}.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(
    page: IncidentPage, processes: Sequence[subprocess.Popen[bytes]], paths: Sequence[str]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not all(page.reads.get(path) for path in paths):
        if any(each.poll() is not None for each in processes) or time.monotonic() > deadline:
            pytest.fail(f"both engines must read the page; it was read {page.reads}")
        time.sleep(0.05)
