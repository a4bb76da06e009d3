"""trimtab rollout: start one, watch it, step in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.option_groups import with_option_groups
from controlplane.cli.rollout_drill import drill
from controlplane.cli.rollout_lint import lint
from controlplane.cli.rollout_report import print_rollouts
from controlplane.cli.rollout_verbs import add_verbs, approval_of
from controlplane.cli.rollout_wait import Waiting, follow
from controlplane.cli.session import Format, FormatOption, connected, show
from controlplane.decide.rollout_plan import Strategy
from controlplane.schemas import RolloutIn

__all__ = ["app"]

app = typer.Typer(name="rollout", help="Progressive delivery.", no_args_is_help=True)

add_verbs(app)
app.command("drill")(drill)
app.command("lint")(lint)


class Conflict(StrEnum):
    """What becomes of a rollout of the same service that is under way."""

    SUPERSEDE = "supersede"
    QUEUE = "queue"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How a rollout begins where it is not as configured; each field is an option."""

    steps: Annotated[str, typer.Option(help="Weights in per cent, for example 5,25,50.")] = ""
    soak: Annotated[float | None, typer.Option(help="Least seconds at each step.")] = None
    strategy: Annotated[
        Strategy | None, typer.Option(help="How traffic comes to it; as configured.")
    ] = None
    batch: Annotated[
        str | None,
        typer.Option(help="Replicas that are taken over at a time, for example 1 or 25%."),
    ] = None
    approval: Annotated[
        list[str] | None,
        typer.Option(help="NAME[@WEIGHT][/DEADLINE[=approve]] for a yes before a weight."),
    ] = None
    against: Annotated[
        str, typer.Option(help="What it is compared with, where somebody else moves the traffic.")
    ] = ""
    on_conflict: Annotated[
        Conflict, typer.Option(help="What becomes of a rollout that is under way.")
    ] = Conflict.SUPERSEDE
    override: Annotated[
        str, typer.Option(help="Why neither freeze nor budget holds it; written down.")
    ] = ""


@app.command("start")
@with_option_groups
def start(
    service: str,
    version: Annotated[str, typer.Option(help="Version to bring in.")],
    beginning: Beginning,
    waiting: Waiting,
    key: Annotated[str | None, typer.Option(help="Idempotency key.")] = None,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end.")] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Bring in a version step by step; it is promoted or rolled back by itself.

    Example: trimtab rollout start resnet --version 2 --steps 5,25,50 --wait
    """
    with connected() as client:
        rollout = client.start_rollout(_asked(service, version, beginning), idempotency_key=key)
        code = Exit.DONE
        if wait:
            rollout, code = follow(client, rollout.id, waiting, output=output)
        print_rollouts([rollout], output, one=True)
    raise typer.Exit(code)


def _asked(service: str, version: str, beginning: Beginning) -> RolloutIn:
    """Return what was written on the command line as a request."""
    strategy = beginning.strategy
    if strategy is Strategy.DRILL:
        msg = f"a drill brings nothing in: trimtab rollout drill {service}"
        raise typer.BadParameter(msg)
    return RolloutIn.model_validate(
        {
            "service": service,
            "version": version,
            "steps": _steps(beginning.steps),
            "soak_seconds": beginning.soak,
            "strategy": None if strategy is None else strategy.value,
            "batch": beginning.batch,
            "approvals": tuple(map(approval_of, beginning.approval or ())),
            "against": beginning.against,
            "on_conflict": beginning.on_conflict.value,
            "override": beginning.override,
        }
    )


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
        print_rollouts(client.rollouts(service=service, active=active), output)


@app.command("show")
def show_rollout(rollout_id: str, output: FormatOption = Format.YAML) -> None:
    """Show one rollout with its evidence.

    Example: trimtab rollout show r-1f2e3d4c5b
    """
    with connected() as client:
        show(client.rollout(rollout_id), Format.YAML if output is Format.TABLE else output)


@app.command("watch")
@with_option_groups
def watch(rollout_id: str, waiting: Waiting, *, output: FormatOption = Format.TABLE) -> None:
    """Tell what happens until the rollout ends; the exit code tells how.

    Example: trimtab rollout watch r-1f2e3d4c5b && deploy-the-rest
    """
    with connected() as client:
        rollout, code = follow(client, rollout_id, waiting, output=output)
        print_rollouts([rollout], output, one=True)
    raise typer.Exit(code)


def _steps(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        msg = f"--steps takes weights in per cent such as 5,25,50, not {text!r}."
        raise typer.BadParameter(msg) from error
