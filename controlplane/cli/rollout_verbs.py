"""trimtab rollout promote, pause, resume, abort, approve, reject, weight, retry, undo: people step in."""

import re
from typing import Annotated

import typer

from controlplane.cli.session import connected
from controlplane.cli.times import seconds_of
from controlplane.schemas import ApprovalIn, RolloutOut

__all__ = ["add_verbs", "approval_of"]

Reason = Annotated[str, typer.Option(help="Why; written to the audit trail.")]
_APPROVAL = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,62})(?:@([0-9.]+))?(?:/([0-9]+[a-z]+)(?:=(approve|reject))?)?"
)


def add_verbs(app: typer.Typer) -> None:
    """Register the verbs."""
    for verb in (promote, pause, resume, abort, approve, reject, weight, retry, undo):
        app.command(verb.__name__)(verb)


def approval_of(text: str) -> ApprovalIn:
    """Return the approval that a person wrote.

    >>> approval_of("qa@50/2h=approve")
    ApprovalIn(name='qa', before=50.0, deadline_seconds=7200.0, default='approve')
    """
    found = _APPROVAL.fullmatch(text)
    if found is None:
        msg = f"--approval takes NAME[@WEIGHT][/DEADLINE[=approve]], for example qa@50/2h, not {text!r}."
        raise typer.BadParameter(msg)
    name, before, deadline, default = found.groups()
    given = {
        "before": float(before) if before else None,
        "deadline_seconds": seconds_of(deadline, "--approval") if deadline else None,
        "default": default,
    }
    return ApprovalIn.model_validate(
        {"name": name, **{key: value for key, value in given.items() if value is not None}}
    )


def promote(rollout_id: str, reason: Reason = "") -> None:
    """Give the canary all traffic now.

    Example: trimtab rollout promote r-1f2e3d4c5b --reason "hot fix"
    """
    _verb(rollout_id, "promote", reason)


def pause(rollout_id: str, reason: Reason = "") -> None:
    """Stay at the present weight.

    Example: trimtab rollout pause r-1f2e3d4c5b
    """
    _verb(rollout_id, "pause", reason)


def resume(rollout_id: str, reason: Reason = "") -> None:
    """Go on after a pause.

    Example: trimtab rollout resume r-1f2e3d4c5b
    """
    _verb(rollout_id, "resume", reason)


def abort(rollout_id: str, reason: Reason = "") -> None:
    """Send the canary's traffic back to the baseline.

    Example: trimtab rollout abort r-1f2e3d4c5b --reason "wrong build"
    """
    _verb(rollout_id, "abort", reason)


def approve(rollout_id: str, approval: str, reason: Reason = "") -> None:
    """Say yes to what a rollout waits for.

    Example: trimtab rollout approve r-1f2e3d4c5b qa --reason "looks good"
    """
    _answer(rollout_id, approval, "approve", reason)


def reject(rollout_id: str, approval: str, reason: Reason = "") -> None:
    """Say no to what a rollout waits for: it is rolled back.

    Example: trimtab rollout reject r-1f2e3d4c5b qa --reason "wrong answers"
    """
    _answer(rollout_id, approval, "reject", reason)


def weight(rollout_id: str, percent: float, reason: Reason = "") -> None:
    """Set the weight of a rollout that is moved by hand.

    Example: trimtab rollout weight r-1f2e3d4c5b 12.5
    """
    with connected() as client:
        _tell(client.weigh_rollout(rollout_id, percent, reason=reason))


def retry(rollout_id: str) -> None:
    """Try again what ended without success, as a rollout of its own.

    Example: trimtab rollout retry r-1f2e3d4c5b
    """
    with connected() as client:
        _tell(client.retry_rollout(rollout_id))


def undo(
    rollout_id: str,
    to: Annotated[str, typer.Option(help="A version that is kept warm; the one before it.")] = "",
) -> None:
    """Take back at once what succeeded.

    Example: trimtab rollout undo r-1f2e3d4c5b
    """
    with connected() as client:
        _tell(client.undo_rollout(rollout_id, version=to))


def _verb(rollout_id: str, verb: str, reason: str) -> None:
    with connected() as client:
        _tell(client.rollout_verb(rollout_id, verb, reason=reason))


def _answer(rollout_id: str, name: str, answer: str, reason: str) -> None:
    with connected() as client:
        _tell(client.answer_approval(rollout_id, name, answer, reason=reason))


def _tell(rollout: RolloutOut) -> None:
    typer.echo(f"{rollout.id}: {rollout.status.phase}")
