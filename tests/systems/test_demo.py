"""The story as a newcomer runs it, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run_demo(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "controlplane", "demo", "-o", "json", *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=400,
    )


def assert_told(ended: subprocess.CompletedProcess[str]) -> None:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(ended.stdout)
    assert report["ok"] is True
    phases = {act["name"]: act["phase"] for act in report["acts"]}
    assert phases == {
        "good-version": "Succeeded",
        "slow-version": "RolledBack",
        "erroring-version": "RolledBack",
    }
    assert all(act["reasons"] for act in report["acts"])
    budget = report["budget"]
    assert (budget["ledger_total"], budget["ledger_bad"]) == (
        budget["counted_total"],
        budget["counted_bad"],
    )
    assert budget["counted_total"] > 1_000
    alerts = report["alerts"]
    assert 0 < alerts["fired"] == alerts["resolved"]
    assert alerts["delivered"] == alerts["fired"] + alerts["resolved"]
    assert report["gpu"]["reason"]


def test_the_fast_story_comes_out_as_told() -> None:
    assert_told(run_demo("--fast"))


@pytest.mark.slow
def test_the_whole_story_comes_out_as_told() -> None:
    assert_told(run_demo())


def test_nothing_outlives_the_story(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        begun = subprocess.Popen(
            [sys.executable, "-m", "controlplane", "demo", "--fast"],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    children = wait_for_children(begun.pid, at_least=3)
    begun.terminate()
    begun.wait(30)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def wait_for_children(pid: int, *, at_least: int) -> list[int]:
    for _ in range(600):
        listed = subprocess.run(
            ["ps", "--ppid", str(pid), "-o", "pid="], check=False, capture_output=True, text=True
        )
        children = [int(word) for word in listed.stdout.split()]
        if len(children) >= at_least:
            return children
        subprocess.run(["sleep", "0.1"], check=True)
    pytest.fail("the demo started no servers within a minute")
