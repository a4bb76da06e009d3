"""trimtab rollout drill: does rollback work, and how long does it take?"""

from typing import Annotated

import typer

from controlplane.cli.option_groups import with_option_groups
from controlplane.cli.rollout_wait import Waiting, follow
from controlplane.cli.session import Format, FormatOption, connected, show
from controlplane.cli.times import seconds_of
from controlplane.client import TrimtabClient
from controlplane.schemas import DrillIn, RolloutOut

__all__ = ["drill"]

BACK, HOME = "rollout.drill_done", "rollout.weight_reached"


@with_option_groups
def drill(
    service: str,
    waiting: Waiting,
    *,
    version: Annotated[
        str, typer.Option(help="That is kept warm; the one that served before.")
    ] = "",
    weight: Annotated[
        float | None, typer.Option(help="Its share in per cent; the smallest step as configured.")
    ] = None,
    hold: Annotated[str, typer.Option(help="How long it keeps its share.")] = "2s",
    override: Annotated[
        str, typer.Option(help="Why neither freeze nor budget holds it; written down.")
    ] = "",
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait for a rollout that is under way.")
    ] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Prove that rollback works: a small share to a version that is kept warm, and home again.

    Exit 0 when the router reports the old weights; 1 when it was refused, or the version had to go home
    earlier; 3 when the router did not report them in time; 5 when it never gave the share.

    Example: trimtab rollout drill resnet --weight 1 --timeout 60
    """
    with connected() as client:
        asked = DrillIn(
            service=service,
            version=version,
            weight=weight,
            hold_seconds=seconds_of(hold, "--hold"),
            override=override,
            on_conflict="queue" if queue else "refuse",
        )
        made = client.drill_rollback(asked)
        rollout, code = follow(client, made.id, waiting, output=output)
        seconds = _seconds_home(client, rollout.id)
    if output is not Format.TABLE:
        show(_plain(rollout, seconds), output)
    else:
        typer.echo(_told(rollout, seconds))
    raise typer.Exit(code)


def _seconds_home(client: TrimtabClient, rollout_id: str) -> float | None:
    """Return how long it took from the order until the router reported the old weights."""
    at = {event.kind: event.at for event in client.events(subject=f"rollout/{rollout_id}")}
    return at[HOME] - at[BACK] if BACK in at and HOME in at else None


def _told(rollout: RolloutOut, seconds: float | None) -> str:
    spec, status = rollout.spec, rollout.status
    share = f"{spec.service}: version {spec.version} had {spec.steps[0]:g} %"
    if seconds is None:
        return f"{share} or less; no drill: {status.phase}, {status.reasons[0]}"
    return (
        f"{share}; {seconds:.1f} s after the order the router reported the old weights. "
        "Rollback works."
    )


def _plain(rollout: RolloutOut, seconds: float | None) -> dict[str, object]:
    spec, status = rollout.spec, rollout.status
    return {
        "rollout": rollout.id,
        "service": spec.service,
        "version": spec.version,
        "weight": spec.steps[0],
        "outcome": status.outcome,
        "works": status.outcome == "drilled",
        "secondsHome": seconds,
        "reason": status.reasons[0],
    }
