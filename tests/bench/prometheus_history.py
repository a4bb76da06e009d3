"""A real Prometheus that holds a made-up history, put there with promtool."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from day_and_night import History
from subject import Subject, running

from controlplane.demo.processes import free_port

__all__ = ["asked", "prometheus"]


@contextmanager
def prometheus(history: History, folder: Path) -> Iterator[tuple[httpx.Client, Subject]]:
    """Put the history into Prometheus, and start it."""
    dump, data = folder / "history.om", folder / "data"
    with dump.open("w") as file:
        file.write("# TYPE requests counter\n")
        for code, column in (("200", 1), ("500", 2)):
            for page in history.pages():
                file.write(f'requests_total{{code="{code}"}} {page[column]:.0f} {page[0]}\n')
        file.write("# EOF\n")
    make = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(dump), str(data)]
    subprocess.run(make, check=True, capture_output=True, timeout=300)
    (folder / "prometheus.yml").write_text("{}\n")
    port = free_port()
    command = [
        "prometheus",
        "--config.file=prometheus.yml",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=50y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    url = f"http://127.0.0.1:{port}"
    with (
        running("prometheus", command, folder=folder, url=url, ready="/-/ready") as subject,
        httpx.Client(base_url=url, timeout=120, trust_env=False) as client,
    ):
        yield client, subject


def asked(client: httpx.Client | None, query: str, moment: float) -> float:
    assert client is not None
    answer = client.get("/api/v1/query", params={"query": query, "time": moment})
    found = answer.json()["data"]["result"]
    return float(found[0]["value"][1]) if found else 0.0
