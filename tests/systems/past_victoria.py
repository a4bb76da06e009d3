"""A real VictoriaMetrics: with a past, put there by its import API, or with a page that it scrapes."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from controlplane.demo.processes import free_port

__all__ = ["PROGRAM", "flush", "put", "victoria", "victoria_of"]

PROGRAM = "victoria-metrics"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
LINES_AT_ONCE = 50_000


@contextmanager
def victoria_of(dump: Path, folder: Path) -> Iterator[str]:
    """Start it, put a dump in OpenMetrics into it, and stop it at the end."""
    with victoria(folder) as url:
        lines = [_in_milliseconds(line) for line in dump.read_text().splitlines() if line[0] != "#"]
        put(url, lines)
        yield url


def _in_milliseconds(line: str) -> str:
    """Return a line of OpenMetrics as it is imported: with its time in whole milliseconds."""
    sample, _, seconds = line.rpartition(" ")
    return f"{sample} {round(float(seconds) * 1e3)}"


def put(url: str, lines: list[str]) -> None:
    """Import lines, with their times in milliseconds."""
    for first in range(0, len(lines), LINES_AT_ONCE):
        body = "\n".join(lines[first : first + LINES_AT_ONCE])
        taken = httpx.post(
            f"{url}/api/v1/import/prometheus", content=body, timeout=30, trust_env=False
        )
        taken.raise_for_status()
    flush(url)


def flush(url: str) -> None:
    """Let everything be seen that was taken."""
    httpx.get(f"{url}/internal/force_flush", timeout=30, trust_env=False).raise_for_status()


@contextmanager
def victoria(folder: Path, *flags: str) -> Iterator[str]:
    """Start it empty, and stop it at the end."""
    port = free_port()
    command = [
        PROGRAM,
        f"-storageDataPath={folder / 'victoria'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=50y",
        "-memory.allowedBytes=256MiB",
        "-loggerLevel=ERROR",
        *flags,
    ]
    url = f"http://127.0.0.1:{port}"
    with (
        (folder / "victoria.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            _wait_until_ready(url)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/health", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    pytest.fail("VictoriaMetrics did not become ready")
