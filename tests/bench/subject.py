"""A program under measurement: started, read in /proc, asked over HTTP, and always stopped."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
STOP_SECONDS = 10.0
TICKS = os.sysconf("SC_CLK_TCK")
LOG_TAIL = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A running program and all that it started.

    Attributes:
        name: For the table; first part of the paths at which it scrapes the fleet.
        pid: Of its first process.
        url: Where it is asked.
        log: What it said.
    """

    name: str
    pid: int
    url: str
    log: Path

    def cpu_seconds(self) -> float:
        """Return user and system time of all its processes so far, of those that ended too."""
        return sum(_cpu_ticks(pid) for pid in _family(self.pid)) / TICKS

    def resident_mib(self) -> float:
        """Return what all its processes hold in memory."""
        return sum(_resident_kib(pid) for pid in _family(self.pid)) / 1024

    def get(self, path: str) -> Any:
        """Ask it for JSON."""
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 -- loopback
            return json.load(answer)


@contextmanager
def running(
    name: str, command: Sequence[str], *, folder: Path, url: str, ready: str
) -> Iterator[Subject]:
    """Start a program, wait until a path of it answers, and stop it whatever happens."""
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    subject = Subject(name=name, pid=process.pid, url=url, log=log)
    try:
        _wait(subject, process, ready)
        yield subject
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(subject: Subject, process: subprocess.Popen[bytes], path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(subject.url + path):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = subject.log.read_text(errors="replace")[-LOG_TAIL:]
            raise SystemExit(f"{subject.name} did not start. Its log ends:\n{tail}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 -- loopback
            return bool(answer.status < 400)
    except OSError:
        return False


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return
    for child in listed.split():
        yield from _family(int(child))


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))  # utime, stime, and both of the children that ended


def _resident_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
