import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import yaml
from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.cli.exits import Exit


def test_what_nvml_says_is_shown_whatever_it_is() -> None:
    ended = CliRunner().invoke(app, ["gpu", "show", "-o", "json"])
    assert ended.exit_code == Exit.DONE
    found = json.loads(ended.stdout)
    assert found["source"] in ("nvml", "none")
    assert found["reason"]
    as_yaml = CliRunner().invoke(app, ["gpu", "show", "-o", "yaml"])
    assert yaml.safe_load(as_yaml.stdout)["source"] == found["source"]


def test_a_table_has_one_line_for_each_gpu() -> None:
    ended = CliRunner().invoke(app, ["gpu", "show"])
    assert ended.exit_code == Exit.DONE
    assert ended.stdout.startswith("gpu\tname\tbusy")
    assert ended.stderr


def test_an_address_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    for listen in ("nowhere", "127.0.0.1:99999", f"{tmp_path}:80"):
        ended = CliRunner().invoke(app, ["gpu", "serve", "--listen", listen])
        assert ended.exit_code == Exit.USAGE
        assert "127.0.0.1:9471" in ended.stderr


def test_the_page_is_served_until_told_to_stop() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "controlplane", "gpu", "serve", "--listen", address]
    serving = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        assert "process_start_time_seconds" in wait_for_page(f"http://{address}/metrics")
    finally:
        serving.terminate()
        assert serving.wait(30) == 0


def wait_for_page(url: str) -> str:
    for _ in range(600):
        try:
            return httpx.get(url).text
        except httpx.TransportError:
            time.sleep(0.05)
    message = "the page was not served within half a minute"
    raise AssertionError(message)
