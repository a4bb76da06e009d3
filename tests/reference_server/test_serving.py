"""Real processes: start, say so, serve, drain."""

import gc
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reference_server.errors import CannotStart
from reference_server.serving import serve
from reference_server.settings import Settings

ROOT = Path(__file__).parents[2]
READY = "model server ready on "


@contextmanager
def server(*options: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Start a server; give it, its ready line and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reference_server", "--port", "0", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        yield process, line, line.removeprefix(READY).split()[0] if line else ""
    finally:
        process.kill()
        process.communicate()


def test_a_ready_server_says_so_answers_and_stops_cleanly(
    cache: Path, iris: Path, flower: dict[str, Any]
) -> None:
    options = ("--model", "magika", "--model", f"tiny={iris}:7", "--version-set", "1,2")
    with server(*options, "--cache-dir", str(cache)) as (process, line, url):
        assert line == f"{READY}{url} (models: magika versions 1, 2; tiny version 7)"
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert client.get("/v2/health/ready").status_code == 200
            assert client.get("/v2/models/magika").json()["versions"] == ["1", "2"]
            assert client.post("/v2/models/tiny/infer", json=flower).json()["model_version"] == "7"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put back what a server in this process changes."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    gc.unfreeze()
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_serving_without_an_error(settings: Settings, number: int) -> None:
    said: list[str] = []

    def stop(line: str) -> None:
        said.append(line)
        signal.raise_signal(number)

    serve(replace(settings, port=0), say=stop)
    assert said[0].endswith("(models: tiny versions 1, 2; other version 1)")


def test_a_taken_address_of_the_newer_kind_is_named_too(settings: Settings) -> None:
    with pytest.raises(CannotStart, match="::ffff:c000:0201:0 cannot be listened on"):
        serve(replace(settings, host="::ffff:c000:0201", port=0), say=print)


def test_a_request_inside_is_finished_before_the_server_stops(
    cache: Path, iris: Path, flower: dict[str, Any]
) -> None:
    options = ("--model", f"tiny={iris}", "--cache-dir", str(cache))
    with server(*options) as (process, _, url), httpx.Client(trust_env=False) as client:
        client.put(f"{url}/v2/models/tiny/versions/1/faults", json={"latency_ms": 1000})
        answers: list[httpx.Response] = []

        def ask() -> None:
            answers.append(httpx.post(f"{url}/v2/models/tiny/infer", json=flower, timeout=20))

        asking = threading.Thread(target=ask)
        asking.start()
        inside = 'inference_in_flight{model="tiny",version="1"} 1.0'
        while inside not in client.get(f"{url}/metrics").text:
            assert asking.is_alive()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        asking.join(20)
        assert [answer.status_code for answer in answers] == [200]


def test_a_taken_port_is_named_before_anything_is_loaded(cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "reference_server", "--port", port, "--cache-dir", str(cache)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 2
    assert f"127.0.0.1:{port} cannot be listened on" in ended.stderr
    assert "--port 0" in ended.stderr
