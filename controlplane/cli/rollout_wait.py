"""Waiting for a rollout: what happens is told as it comes, and the exit code tells how it ended."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn, Self, TextIO

import typer
from rich.console import Console
from rich.status import Status

from controlplane.cli.exits import Exit
from controlplane.cli.rollout_report import junit, progress_line, step_summary
from controlplane.cli.session import Format
from controlplane.client import TrimtabClient
from controlplane.errors import TrimtabError, Unreachable
from controlplane.schemas import RolloutOut
from controlplane.settings import read_settings
from probes.clock import SystemClock

__all__ = ["OUTCOMES", "Interrupted", "Waiting", "follow"]

POLL_SECONDS = 0.5
STILL_SECONDS = 60.0
"""Where no line moves, it is said this often that it still goes on: some pipelines end what is silent."""
MOST_UNREACHABLE_SECONDS = 300.0
OUTCOMES = {
    "promoted": Exit.DONE,
    "drilled": Exit.DONE,
    "rolled_back": Exit.REFUSED,
    "aborted": Exit.REFUSED,
    "failed": Exit.REFUSED,
    "inconclusive": Exit.INCONCLUSIVE,
    "superseded": Exit.INCONCLUSIVE,
}
"""How a rollout ended, and the exit code that tells it."""


class Interrupted(StrEnum):
    """What becomes of the rollout when whoever waits for it is interrupted."""

    LEAVE = "leave"
    ABORT = "abort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How to wait; each field is an option of a command.

    Attributes:
        timeout: Seconds.
        junit_file: Where a test report of the end is written.
        on_interrupt: See Interrupted.
    """

    timeout: Annotated[float, typer.Option(help="Seconds to wait; exit 3 when they are over.")] = (
        3600.0
    )
    junit_file: Annotated[
        Path | None, typer.Option("--junit", help="File for a test report of the end.")
    ] = None
    on_interrupt: Annotated[
        Interrupted,
        typer.Option(help="What becomes of the rollout when the wait is interrupted; exit 130."),
    ] = Interrupted.LEAVE


def follow(
    client: TrimtabClient, rollout_id: str, waiting: Waiting, *, output: Format
) -> tuple[RolloutOut, Exit]:
    """Tell what happens to a rollout until it ends, or waits for a person.

    A control plane that is away for a while is no end: it may be restarting.

    Args:
        client: Of the control plane.
        rollout_id: Of the rollout.
        waiting: For how long, and what is left behind.
        output: Events go beside the answer, so not into JSON or YAML.

    Returns:
        The rollout, and the exit code that tells how it stands.

    Raises:
        Exit: The time is over (3), or the wait was interrupted (130).
        Unreachable: Nobody answered for five minutes.
    """
    telling = _Telling(sys.stdout if output is Format.TABLE else sys.stderr)
    try:
        with _terminated_is_interrupted(), telling:
            found = _wait(client, rollout_id, waiting.timeout, telling)
    except KeyboardInterrupt:
        _interrupted(client, rollout_id, waiting.on_interrupt)
    code = _exit_of(found)
    if code is None:
        typer.echo(f"{rollout_id} is still {found.status.phase}; it goes on.", err=True)
        raise typer.Exit(Exit.TIMED_OUT)
    _leave_reports(found, code, waiting.junit_file, url=client.url)
    return found, code


def _wait(
    client: TrimtabClient, rollout_id: str, timeout: float, telling: "_Telling"
) -> RolloutOut:
    """Return the rollout once it has ended or waits for a person, or when the time is over."""
    after, deadline, heard = 0, time.monotonic() + timeout, time.monotonic()
    while True:
        try:
            rollout = client.rollout(rollout_id)
            events = client.events(subject=f"rollout/{rollout_id}", after=after)
        except Unreachable as error:
            if time.monotonic() > heard + MOST_UNREACHABLE_SECONDS:
                raise
            telling.stands(f"{error} It is asked again.")
            time.sleep(POLL_SECONDS)
            continue
        heard = time.monotonic()
        for event in events:
            after = event.id
            telling.happened(event.at, f"{event.kind}: {event.text}")
        telling.stands(progress_line(rollout))
        if _exit_of(rollout) is not None or time.monotonic() > deadline:
            return rollout
        time.sleep(POLL_SECONDS)


class _Telling:
    """One line that moves on a terminal; elsewhere lines with their times, as they come."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, markup=False)
        live = self._console.is_terminal
        self._line: Status | None = Status("", console=self._console) if live else None
        self._said_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._line is not None:
            self._line.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._line is not None:
            self._line.stop()

    def happened(self, at: float, text: str) -> None:
        """Tell an event."""
        self._said_at = time.monotonic()
        moment = datetime.fromtimestamp(at, UTC)
        self._console.print(f"{moment:%Y-%m-%dT%H:%M:%SZ} {text}", soft_wrap=True)

    def stands(self, text: str) -> None:
        """Tell how it stands: at once where a line can move, and now and then elsewhere."""
        if self._line is not None:
            self._line.update(text[: max(20, self._console.width - 4)])
        elif time.monotonic() > self._said_at + STILL_SECONDS:
            self.happened(SystemClock().now().timestamp(), text)


def _interrupted(client: TrimtabClient, rollout_id: str, on_interrupt: Interrupted) -> NoReturn:
    """Do what was asked for this case, and leave."""
    if on_interrupt is Interrupted.LEAVE:
        typer.echo(f"Interrupted; {rollout_id} goes on.", err=True)
        raise typer.Exit(Exit.INTERRUPTED)
    try:
        client.rollout_verb(rollout_id, "abort", reason="whoever waited for it was interrupted")
        typer.echo(f"Interrupted; {rollout_id} is sent home.", err=True)
    except TrimtabError as error:
        typer.echo(f"Interrupted; {rollout_id} could not be sent home: {error}", err=True)
    raise typer.Exit(Exit.INTERRUPTED)


@contextmanager
def _terminated_is_interrupted() -> Iterator[None]:
    """Take a request to end, as pipelines send it, for a person's Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave_reports(rollout: RolloutOut, code: Exit, junit_file: Path | None, *, url: str) -> None:
    """Write how it ended where pipelines look for it."""
    settings = read_settings()
    if settings.step_summary is not None:
        with settings.step_summary.open("a", encoding="utf-8") as file:
            file.write(step_summary(rollout, url=url))
    if junit_file is not None:
        junit_file.write_text(junit(rollout, failed=code is not Exit.DONE), encoding="utf-8")


def _exit_of(rollout: RolloutOut) -> Exit | None:
    """Return the exit code that tells how it stands; None while it is under way."""
    if rollout.status.phase == "Paused":
        return Exit.WAITING
    return OUTCOMES.get(rollout.status.outcome or "")
