"""A real Prometheus that holds a past, put there with promtool."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from controlplane.demo.processes import free_port

__all__ = ["prometheus_of"]

START_SECONDS = 30.0


@contextmanager
def prometheus_of(dump: Path, folder: Path, *, config: str = "{}\n") -> Iterator[str]:
    """Put a dump in OpenMetrics into Prometheus, start it, and stop it at the end.

    Args:
        dump: The past.
        folder: Where its data and its configuration lie.
        config: What else it does; nothing if left out.
    """
    data = folder / "data"
    make = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(dump), str(data)]
    subprocess.run(make, check=True, capture_output=True, timeout=120)
    (folder / "prometheus.yml").write_text(config)
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=50y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_ready(url)
            yield url
        finally:
            process.terminate()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/-/ready", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    pytest.fail("Prometheus did not become ready")
