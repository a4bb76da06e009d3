"""A model server from PyPI, started on loopback from .servers, sent questions, and always stopped."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from controlplane.demo.processes import free_port

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).with_name("servers")
START_SECONDS = 60.0
STOP_SECONDS = 8.0
LOG_TAIL = 2_000
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request whose outcome is known beforehand.

    Attributes:
        outcome: What it is, in words.
        path: Where it is sent.
        body: What is sent; None for a GET.
        inference: Whether clients would call it a request to the model server at all.
    """

    outcome: str
    path: str
    body: str | None
    inference: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RealServer:
    """One kind of server, and what it is asked.

    Attributes:
        name: Of its folder in .servers, and of its profile.
        command: Its program in its virtual environment, with arguments; {http}, {metrics} and
            {grpc} stand for ports, {files} for the folder of models.
        metrics: Which port its page is on.
        ready: Answers 200 when it takes questions.
        questions: What it is asked, with how often.
        missed: Outcomes that its counters cannot see, with words of the blind spot that says so.
    """

    name: str
    command: tuple[str, ...]
    ready: str
    questions: dict[Question, int]
    metrics: str = "http"
    missed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that answers."""

    url: str
    page: str


@contextmanager
def running(server: RealServer, folder: Path) -> Iterator[Running]:
    """Start a server in a folder; skip where it is not installed."""
    home = ROOT / ".servers" / server.name
    if not (home / "ready").exists():
        pytest.skip(f"{server.name} is not installed: make servers")
    ports = {name: free_port() for name in ("http", "metrics", "grpc")}
    program, *arguments = [word.format(files=FILES, **ports) for word in server.command]
    settings = {"BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "true"}
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(home / "bin" / program), *arguments],
            cwd=folder,
            env=os.environ | settings,  # noqa: TID251 -- BentoML has no other way to be told
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{ports['http']}"
        _wait(process, url + server.ready, log)
        yield Running(url=url, page=f"http://127.0.0.1:{ports[server.metrics]}/metrics")
    finally:
        _stop(process)


def ask(url: str, questions: dict[Question, int]) -> Counter[tuple[Question, int]]:
    """Send all questions in turns; return how often each got which status."""
    tally: Counter[tuple[Question, int]] = Counter()
    # A connection each: uvicorn drops a kept one after an exception, and a retry would count twice.
    headers = {"content-type": "application/json", "connection": "close"}
    with httpx.Client(base_url=url, timeout=10.0, trust_env=False) as client:
        for turn in range(max(questions.values())):
            for question in _due(questions, turn):
                method = "GET" if question.body is None else "POST"
                answer = client.request(
                    method, question.path, content=question.body, headers=headers
                )
                tally[question, answer.status_code] += 1
    return tally


def _due(questions: dict[Question, int], turn: int) -> Sequence[Question]:
    return [question for question, times in questions.items() if turn < times]


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"it did not start:\n{log.read_text(errors='replace')[-LOG_TAIL:]}")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it and what it started: it leads a process group of its own."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS)
