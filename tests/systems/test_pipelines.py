"""What pipelines do, against a control plane that runs: every exit code, and the script of the documentation."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from controlplane.client import TrimtabClient
from controlplane.schemas import RolloutOut
from tests.systems.live_plane import Fleet, LivePlane, environment, live_fleet, live_plane, trimtab
from tests.test_docs import HOOKS, fenced

START = ("rollout", "start", "resnet", "--version", "2")
WAIT = (*START, "--wait", "--timeout", "40", "-o", "json")
(SCRIPT,) = (block for block in fenced("bash", HOOKS) if "case $code" in block)


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with live_fleet() as started:
        yield started


@pytest.fixture
def plane(tmp_path: Path, fleet: Fleet) -> Iterator[LivePlane]:
    with live_plane(tmp_path, fleet) as started:
        yield started


def newest(plane: LivePlane) -> RolloutOut:
    with TrimtabClient(plane.url) as client:
        return client.rollouts()[0]


def begun(plane: LivePlane, *words: str) -> subprocess.Popen[str]:
    """Start a command that waits, and return once its rollout is under way."""
    waiting = subprocess.Popen(
        [sys.executable, "-m", "controlplane", *words],
        env=environment(plane),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr is not None
    assert "rollout.start" in waiting.stderr.readline()
    return waiting


def test_exit_0_it_was_promoted(plane: LivePlane, fleet: Fleet) -> None:
    ended = trimtab(plane, *WAIT)
    assert (ended.returncode, json.loads(ended.stdout)["status"]["outcome"]) == (0, "promoted")
    assert [each["2"] for each in fleet.moves] == [25.0, 50.0, 100.0]


def test_exit_1_it_was_rolled_back(plane: LivePlane, fleet: Fleet) -> None:
    fleet.bad["2"] = 0.05
    ended = trimtab(plane, *WAIT)
    assert (ended.returncode, json.loads(ended.stdout)["status"]["outcome"]) == (1, "rolled_back")
    assert fleet.weights == {"1": 100.0, "2": 0.0}


@pytest.mark.parametrize(
    "words", [(*WAIT, "--steps", "5,a"), ("rollout", "start", "gpt", "--version", "2", "--wait")]
)
def test_exit_2_it_cannot_be_asked_for_so(plane: LivePlane, words: tuple[str, ...]) -> None:
    assert trimtab(plane, *words).returncode == 2


def test_exit_3_the_time_is_over_and_it_goes_on(plane: LivePlane) -> None:
    ended = trimtab(plane, *WAIT, "--soak", "600", "--timeout", "1")
    assert ended.returncode == 3
    assert "it goes on" in ended.stderr
    assert newest(plane).status.outcome is None


def test_exit_4_it_waits_for_a_person(plane: LivePlane) -> None:
    ended = trimtab(plane, *WAIT, "--approval", "qa@50")
    assert (ended.returncode, json.loads(ended.stdout)["status"]["approval"]) == (4, "qa")


def test_exit_5_nothing_was_proven_in_time(tmp_path: Path, fleet: Fleet) -> None:
    fleet.rate = 20.0
    with live_plane(tmp_path, fleet, rollout="steps: [50], soak: 1s, horizon: 3s") as plane:
        ended = trimtab(plane, *WAIT)
    assert (ended.returncode, json.loads(ended.stdout)["status"]["outcome"]) == (5, "inconclusive")
    assert fleet.weights["2"] == 0.0


def test_exit_5_a_newer_rollout_took_its_place(plane: LivePlane) -> None:
    waiting = begun(plane, *WAIT, "--soak", "600")
    trimtab(plane, *START, "--soak", "500")
    assert waiting.wait(30) == 5
    waiting.communicate()


def test_exit_6_nobody_answers() -> None:
    ended = trimtab(None, *WAIT)
    assert ended.returncode == 6
    assert "No control plane answers" in ended.stderr


@pytest.mark.parametrize(
    ("option", "number", "outcome"),
    [("leave", signal.SIGINT, None), ("abort", signal.SIGTERM, "aborted")],
)
def test_exit_130_it_was_interrupted(
    plane: LivePlane, option: str, number: signal.Signals, outcome: str | None
) -> None:
    waiting = begun(plane, *WAIT, "--soak", "600", "--on-interrupt", option)
    waiting.send_signal(number)
    assert waiting.wait(30) == 130
    waiting.communicate()
    deadline = time.monotonic() + 10.0
    while newest(plane).status.outcome != outcome and time.monotonic() < deadline:
        time.sleep(0.2)
    assert newest(plane).status.outcome == outcome


def test_a_plane_that_is_restarted_meanwhile_is_waited_for(plane: LivePlane) -> None:
    waiting = begun(plane, *WAIT, "--soak", "3")
    plane.stop(signal.SIGKILL)
    plane.start()
    assert waiting.wait(60) == 0
    waiting.communicate()


def open_gate(plane: LivePlane) -> None:
    deadline = time.monotonic() + 20.0
    while trimtab(plane, "gate", "resnet").returncode != 0:
        assert time.monotonic() < deadline, trimtab(plane, "gate", "resnet").stdout
        time.sleep(0.5)


def run_script(plane: LivePlane, folder: Path, run: str) -> subprocess.CompletedProcess[str]:
    settings = environment(plane, SERVICE="resnet", VERSION="2", RUN=run)
    return subprocess.run(
        ["sh", "-c", SCRIPT],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=settings,
    )


def test_the_script_of_the_documentation_has_ten_lines() -> None:
    assert len(SCRIPT.splitlines()) <= 10


def test_the_script_of_the_documentation_brings_a_good_version_in(
    plane: LivePlane, tmp_path: Path
) -> None:
    open_gate(plane)
    ended = run_script(plane, tmp_path, "run-1")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.endswith("resnet serves 2\n")
    assert re.search(r"^\d{4}-.*Z rollout\.last_step_passed: ", ended.stdout, re.MULTILINE)
    report = ET.fromstring((tmp_path / "trimtab.xml").read_text())  # noqa: S314 -- our own
    assert (report.get("tests"), report.get("failures")) == ("1", "0")
    again = run_script(plane, tmp_path, "run-1")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "resnet serves 2")
    with TrimtabClient(plane.url) as client:
        assert len(client.rollouts()) == 1


def test_the_script_of_the_documentation_keeps_a_bad_version_out(
    plane: LivePlane, fleet: Fleet, tmp_path: Path
) -> None:
    open_gate(plane)
    fleet.bad["2"] = 0.05
    ended = run_script(plane, tmp_path, "run-1")
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (
        1,
        "resnet does not serve 2 (exit 1)",
    )


def test_a_drill_proves_that_rollback_works(plane: LivePlane, fleet: Fleet) -> None:
    ended = trimtab(plane, "rollout", "drill", "resnet", "--hold", "1s", "-o", "json")
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert (found["works"], found["weight"], found["version"]) == (True, 25.0, "2")
    assert 0.0 < found["secondsHome"] < 10.0
    assert [each["2"] for each in fleet.moves] == [25.0, 0.0]
    told = trimtab(plane, "rollout", "drill", "resnet", "--weight", "1")
    assert re.search(r"had 1 %; \d\.\d s after the order .* Rollback works\.\n$", told.stdout)


def test_on_a_terminal_one_line_moves(plane: LivePlane) -> None:
    ours, theirs = pty.openpty()
    waiting = subprocess.Popen(
        [sys.executable, "-m", "controlplane", *START, "--wait"],
        env=environment(plane, TERM="xterm", COLUMNS="120"),
        stdout=theirs,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = _read(ours)
    assert waiting.wait(60) == 0
    moving = re.findall(r"Progressing at (\d+) %, ([\d,]+) requests, \d+ s: ", shown)
    assert {weight for weight, _ in moving} == {"25", "50"}
    assert shown.count("\x1b[2K") > 10  # the line is written anew, and no other
    assert "rollout.last_step_passed" in shown


def _read(terminal: int) -> str:
    """Return all that was shown until the other side closed."""
    shown = bytearray()
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the last of the other side is gone
            piece = b""
        if not piece:
            os.close(terminal)
            return shown.decode(errors="replace")
        shown += piece


def test_lint_tells_from_a_file_and_from_a_plane_what_cannot_work(
    plane: LivePlane, fleet: Fleet
) -> None:
    file = plane.folder / "trimtab.yaml"
    for what in (str(file), "resnet"):
        well = trimtab(plane, "rollout", "lint", what)
        assert (well.returncode, "note, few-replicas" in well.stdout) == (0, True), well.stdout
        assert "fault" not in well.stdout
    fleet.rate = 0.0
    for what in (str(file), "resnet"):
        idle = trimtab(plane, "rollout", "lint", what, "-o", "json")
        assert idle.returncode == 1
        assert "no-traffic" in [each["code"] for each in json.loads(idle.stdout)]
    file.write_text(file.read_text().replace("horizon: 1h", "horizon: 1s"))
    short = trimtab(None, "rollout", "lint", str(file), "--service", "resnet")
    assert (short.returncode, "horizon-too-short" in short.stdout) == (1, True)
    assert trimtab(None, "rollout", "lint", str(file), "--service", "gpt").returncode == 2
    file.write_text("services: {resnet: {rollout: {step: [5]}}}")
    assert trimtab(None, "rollout", "lint", str(file)).returncode == 2
    assert trimtab(None, "rollout", "lint", "resnet").returncode == 6
