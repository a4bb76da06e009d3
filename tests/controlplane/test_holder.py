import subprocess
import sys
import time

import pytest

from controlplane import holder
from controlplane.holder import ended, own_name

NAMES = "from controlplane.holder import own_name; print(own_name(), flush=True); input()"


@pytest.fixture
def child() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", NAMES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_process_that_runs_has_not_ended(child: subprocess.Popen[str]) -> None:
    assert not ended(own_name())
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert name != own_name()
    assert not ended(name)
    child.kill()
    deadline = time.monotonic() + 5.0
    while not ended(name) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ended(name), "killed, and not yet waited for by its parent"
    child.communicate()
    assert ended(name)


def test_another_process_of_the_same_number_is_another() -> None:
    place, _, began = own_name().rpartition("/")
    assert ended(f"{place}/{int(began) - 1}")


@pytest.mark.parametrize("name", ["", "nonsense", "a/b/c/1/2", "elsewhere/boot/pid:[1]/999999/5"])
def test_of_processes_elsewhere_nothing_is_certain(name: str) -> None:
    assert not ended(name)


def test_without_proc_nothing_is_certain(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(holder, "PROC", tmp_path)
    assert own_name().startswith("unknown/")
    assert not ended(own_name())
    assert not ended("unknown/999999/5")
