"""trimtab rollout: start one, watch it, step in."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.rollout_report import junit, step_summary
from controlplane.cli.rollout_verbs import add_verbs, approval_of
from controlplane.cli.session import Format, FormatOption, connected, show, show_table
from controlplane.client import TrimtabClient
from controlplane.decide.rollout_plan import Strategy
from controlplane.errors import Unreachable
from controlplane.schemas import RolloutIn, RolloutOut
from controlplane.settings import read_settings

__all__ = ["app"]

app = typer.Typer(name="rollout", help="Progressive delivery.", no_args_is_help=True)

add_verbs(app)


class Conflict(StrEnum):
    """What becomes of a rollout of the same service that is under way."""

    SUPERSEDE = "supersede"
    QUEUE = "queue"
    REFUSE = "refuse"


OUTCOMES = {
    "promoted": Exit.DONE,
    "rolled_back": Exit.REFUSED,
    "aborted": Exit.REFUSED,
    "failed": Exit.REFUSED,
    "inconclusive": Exit.INCONCLUSIVE,
    "superseded": Exit.INCONCLUSIVE,
}
"""How a rollout ended, and the exit code that tells it."""

POLL_SECONDS = 0.5
MOST_UNREACHABLE_SECONDS = 300.0
JunitOption = Annotated[
    Path | None, typer.Option("--junit", help="File for a test report of the end.")
]
Timeout = Annotated[float, typer.Option(help="Seconds to wait; exit 3 when they are over.")]


@app.command("start")
def start(
    service: str,
    version: Annotated[str, typer.Option(help="Version to bring in.")],
    steps: Annotated[str, typer.Option(help="Weights in per cent, for example 5,25,50.")] = "",
    soak: Annotated[float | None, typer.Option(help="Least seconds at each step.")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency key.")] = None,
    *,
    strategy: Annotated[
        Strategy | None, typer.Option(help="How traffic comes to it; as configured.")
    ] = None,
    approval: Annotated[
        list[str] | None,
        typer.Option(help="NAME[@WEIGHT][/DEADLINE[=approve]] for a yes before a weight."),
    ] = None,
    on_conflict: Annotated[
        Conflict, typer.Option(help="What becomes of a rollout that is under way.")
    ] = Conflict.SUPERSEDE,
    override: Annotated[
        str, typer.Option(help="Why neither freeze nor budget holds it; written down.")
    ] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end.")] = False,
    timeout: Timeout = 3600.0,
    junit_file: JunitOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Bring in a version step by step; it is promoted or rolled back by itself.

    Example: trimtab rollout start resnet --version 2 --steps 5,25,50 --wait
    """
    with connected() as client:
        asked = RolloutIn(
            service=service,
            version=version,
            steps=_steps(steps),
            soak_seconds=soak,
            strategy=None if strategy is None else strategy.value,
            approvals=tuple(map(approval_of, approval or ())),
            on_conflict=on_conflict.value,
            override=override,
        )
        rollout = client.start_rollout(asked, idempotency_key=key)
        if wait:
            _follow(client, rollout.id, timeout=timeout, output=output, junit_file=junit_file)
        _print([rollout], output, one=True)


@app.command("list")
def list_rollouts(
    service: Annotated[str | None, typer.Option(help="Of this service only.")] = None,
    *,
    active: Annotated[bool, typer.Option("--active", help="Only what is under way.")] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """List rollouts, newest first.

    Example: trimtab rollout list --active
    """
    with connected() as client:
        _print(client.rollouts(service=service, active=active), output)


@app.command("show")
def show_rollout(rollout_id: str, output: FormatOption = Format.YAML) -> None:
    """Show one rollout with its evidence.

    Example: trimtab rollout show r-1f2e3d4c5b
    """
    with connected() as client:
        show(client.rollout(rollout_id), Format.YAML if output is Format.TABLE else output)


@app.command("watch")
def watch(
    rollout_id: str,
    *,
    timeout: Timeout = 3600.0,
    junit_file: JunitOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Print what happens until the rollout ends; the exit code tells how.

    Example: trimtab rollout watch r-1f2e3d4c5b && deploy-the-rest
    """
    with connected() as client:
        _follow(client, rollout_id, timeout=timeout, output=output, junit_file=junit_file)


def _follow(
    client: TrimtabClient,
    rollout_id: str,
    *,
    timeout: float,
    output: Format,
    junit_file: Path | None,
) -> None:
    """Print events as they come; leave with the exit code of the end.

    A control plane that is away for a while is no end: it may be restarting.
    """
    after, deadline, heard = 0, time.monotonic() + timeout, time.monotonic()
    while True:
        try:
            rollout = client.rollout(rollout_id)
            events = client.events(subject=f"rollout/{rollout_id}", after=after)
        except Unreachable:
            if time.monotonic() > heard + MOST_UNREACHABLE_SECONDS:
                raise
            time.sleep(POLL_SECONDS)
            continue
        heard = time.monotonic()
        for event in events:
            after = event.id
            typer.echo(f"{event.kind}: {event.text}", err=output is not Format.TABLE)
        code = _exit_of(rollout)
        if code is not None:
            _print([rollout], output, one=True)
            _leave_reports(rollout, code, junit_file)
            raise typer.Exit(code)
        if time.monotonic() > deadline:
            typer.echo(f"{rollout_id} is still {rollout.status.phase}; it goes on.", err=True)
            raise typer.Exit(Exit.TIMED_OUT)
        time.sleep(POLL_SECONDS)


def _leave_reports(rollout: RolloutOut, code: Exit, junit_file: Path | None) -> None:
    """Write how it ended where pipelines look for it."""
    settings = read_settings()
    if settings.step_summary is not None:
        with settings.step_summary.open("a", encoding="utf-8") as file:
            file.write(step_summary(rollout, url=settings.url))
    if junit_file is not None:
        junit_file.write_text(junit(rollout, failed=code is not Exit.DONE), encoding="utf-8")


def _exit_of(rollout: RolloutOut) -> Exit | None:
    """Return the exit code that tells how it stands; None while it is under way."""
    if rollout.status.phase == "Paused":
        return Exit.WAITING
    return OUTCOMES.get(rollout.status.outcome or "")


def _print(rollouts: list[RolloutOut], output: Format, *, one: bool = False) -> None:
    if output is not Format.TABLE:
        return show(rollouts[0] if one else rollouts, output)
    rows = [
        (r.id, r.spec.service, r.spec.version, r.status.phase, r.status.weight, r.status.reasons[0])
        for r in rollouts
    ]
    return show_table("rollouts", ("id", "service", "version", "phase", "weight", "reason"), rows)


def _steps(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        msg = f"--steps takes weights in per cent such as 5,25,50, not {text!r}."
        raise typer.BadParameter(msg) from error
