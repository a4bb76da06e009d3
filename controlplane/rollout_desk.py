"""Where rollouts are asked for. It writes wanted state; only loops/rollout.py moves traffic."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_conditions import stamped
from controlplane.decide.rollout_plan import Answer, Strategy
from controlplane.decide.rollout_state import TRANSITIONS, Event
from controlplane.errors import NotFound, Refused
from controlplane.plane import Plane
from controlplane.rollout_hold import held
from controlplane.store.registry_entries import Followed

__all__ = ["VERBS", "answer", "ask", "replacing", "set_weight", "start"]

VERBS = {
    "promote": Event.PROMOTE_ASKED,
    "pause": Event.PAUSE_ASKED,
    "resume": Event.RESUME_ASKED,
    "abort": Event.ABORT_ASKED,
}


def start(
    plane: Plane,
    rollout: Rollout,
    *,
    idempotency_key: str | None,
    on_conflict: str = "supersede",
    followed: Followed | None = None,
) -> Rollout:
    """Save a rollout.

    Args:
        plane: The plane.
        rollout: As drafted.
        idempotency_key: That never starts two.
        on_conflict: What becomes of one of the same service that is still under way: it is
            superseded (``supersede``), waited for (``queue``), or in the way (``refuse``).
        followed: The version as a model registry names it, where one asked for it.

    Raises:
        Refused: The version already serves all traffic, or another rollout is in the way.
        KeyReused: The key made a rollout with another spec.
    """
    service, version = rollout.spec.service, rollout.spec.version
    running = plane.rollouts.list(service=service, active=True)
    if running and on_conflict == "queue":
        waiting = replace(rollout.progress, queued=True, reason=f"waiting for {running[0].id}")
        rollout, running = replace(rollout, progress=waiting), ()
    rollout = stamped(rollout, now=rollout.created_at)
    serving = plane.services.list().get(service)
    with plane.engine.begin() as connection:
        made = plane.rollouts.create(connection, rollout, idempotency_key=idempotency_key)
        if made.id != rollout.id:
            return made
        if serving is not None and serving.stable == version and not rollout.spec.against:
            msg = f"Version {version!r} of {service} already serves all traffic."
            raise Refused(msg, hint="name the version that should replace it")
        if running and on_conflict == "refuse":
            msg = f"Rollout {running[0].id} of {service} is {running[0].progress.phase} just now."
            raise Refused(msg, hint="wait for its end, or ask with onConflict queue or supersede")
        plane.registry_entries.add(connection, rollout, followed)
        for older in running:
            _supersede(plane, connection, older, by=rollout)
        what = "drill" if rollout.spec.strategy is Strategy.DRILL else "rollout"
        text = f"{service}: {what} of version {version} asked for"
        detail = {"service": service, "version": version, "steps": list(rollout.spec.steps)}
        _write_down(
            plane,
            connection,
            rollout,
            verb="start" if what == "rollout" else what,
            text=text,
            detail=detail,
        )
    for older in running:
        plane.canaries.end(older)
    return rollout


def replacing(plane: Plane, service: str) -> str:
    """Return the conflict's way for whoever must not be refused: supersede, or queue for a last move."""
    running = plane.rollouts.list(service=service, active=True)
    last = any((each.progress.phase, Event.NEWER_ROLLOUT) not in TRANSITIONS for each in running)
    return "queue" if last else "supersede"


def ask(plane: Plane, rollout_id: str, verb: str, *, reason: str) -> Rollout:
    """Take a person's verb into account, and write who asked.

    Raises:
        NotFound: No such rollout.
        IllegalTransition: Its phase does not accept the verb.
        Refused: It needs an approval first, nothing goes forward just now, or it changed at the
            same moment.
    """
    rollout = plane.rollouts.get(rollout_id)
    if verb == "resume" and rollout.progress.approval:
        raise _needs(rollout, rollout.progress.approval)
    if verb == "promote":
        for approval in rollout.spec.plan.approvals_left(rollout.progress.step):
            raise _needs(rollout, approval.name)
        _check_forward(plane, rollout)
    why = f"{verb} asked for" + (f": {reason}" if reason else "")
    asked = rollout.take(VERBS[verb], reason=why, now=plane.now())
    return _saved(plane, rollout, asked, verb=verb, text=why, detail={"reason": reason})


def answer(plane: Plane, rollout_id: str, name: str, *, given: Answer, reason: str) -> Rollout:
    """Take a person's answer to an approval into account.

    Raises:
        NotFound: No such rollout, or it has no such approval.
        Refused: It does not wait for it now, or nothing goes forward just now.
    """
    rollout = plane.rollouts.get(rollout_id)
    if rollout.spec.plan.named(name) is None:
        known = ", ".join(each.name for each in rollout.spec.approvals) or "none"
        msg = f"Rollout {rollout_id} has no approval {name!r}."
        raise NotFound(msg, hint=f"its approvals: {known}")
    if rollout.progress.approval != name:
        msg = f"Rollout {rollout_id} does not wait for {name!r}; it is {rollout.progress.phase}."
        raise Refused(msg, hint=rollout.progress.reason)
    last = rollout.progress.step + 1 == len(rollout.spec.steps)
    approved = Event.LAST_APPROVED if last else Event.APPROVED
    event = approved if given is Answer.APPROVE else Event.REJECTED
    if event is not Event.REJECTED:
        _check_forward(plane, rollout)
    why = f"{name}: {given}" + (f", {reason}" if reason else "")
    asked = rollout.take(event, reason=why, now=plane.now())
    detail = {"approval": name, "answer": given.value, "reason": reason}
    return _saved(plane, rollout, asked, verb=given.value, text=why, detail=detail)


def set_weight(plane: Plane, rollout_id: str, weight: float, *, reason: str) -> Rollout:
    """Give a rollout that is moved by hand another weight, in per cent.

    Raises:
        NotFound: No such rollout.
        Refused: It is not moved by hand, or nothing goes forward just now.
        IllegalTransition: It is not under way.
    """
    rollout = plane.rollouts.get(rollout_id)
    if rollout.spec.strategy is not Strategy.MANUAL:
        msg = f"Rollout {rollout_id} is {rollout.spec.strategy}: its steps say the weight."
        raise Refused(msg, hint="start one with strategy manual, or pause, promote, abort this one")
    if weight > rollout.weight:
        _check_forward(plane, rollout)
    why = f"{weight:g} % by hand" + (f": {reason}" if reason else "")
    asked = rollout.weighed(weight, reason=why, now=plane.now())
    detail = {"weight": weight, "reason": reason}
    return _saved(plane, rollout, asked, verb="weight", text=why, detail=detail)


def _needs(rollout: Rollout, approval: str) -> Refused:
    msg = f"Rollout {rollout.id} goes no further without approval {approval!r}."
    return Refused(msg, hint=f"trimtab rollout approve {rollout.id} {approval}, or reject")


def _check_forward(plane: Plane, rollout: Rollout) -> None:
    """Refuse a step forward while a freeze or a spent budget holds the rollout.

    Raises:
        Refused: One does.
    """
    why = held(plane, rollout)
    if why:
        msg = f"Rollout {rollout.id} is held: {why}."
        raise Refused(msg, hint="wait for its end, or start the rollout anew with an override")


def _saved(
    plane: Plane,
    before: Rollout,
    asked: Rollout,
    *,
    verb: str,
    text: str,
    detail: Mapping[str, object],
) -> Rollout:
    """Save a change, unless somebody changed the same rollout meanwhile.

    Raises:
        Refused: Somebody did.
    """
    asked = stamped(asked, now=asked.updated_at)
    with plane.engine.begin() as connection:
        if not plane.rollouts.save(connection, asked, read_generation=before.generation):
            msg = f"Rollout {before.id} changed at the same moment."
            raise Refused(msg, hint="look at it and ask again")
        _write_down(plane, connection, asked, verb=verb, text=text, detail=detail)
    return asked


def _supersede(plane: Plane, connection: Connection, older: Rollout, *, by: Rollout) -> None:
    """End an older rollout; one that is already on its last move is let to finish it.

    Raises:
        Refused: The older one is promoting or rolling back just now.
    """
    if (older.progress.phase, Event.NEWER_ROLLOUT) not in TRANSITIONS:
        msg = f"Rollout {older.id} of {older.spec.service} is {older.progress.phase} just now."
        raise Refused(msg, hint="start the new one when it has ended")
    why = f"superseded by {by.id}"
    ended = older.take(Event.NEWER_ROLLOUT, reason=why, now=by.created_at)
    ended = stamped(ended, now=by.created_at)
    if not plane.rollouts.save(connection, ended, read_generation=older.generation):
        msg = f"Rollout {older.id} changed at the same moment."
        raise Refused(msg, hint="ask again")
    _write_down(plane, connection, ended, verb="supersede", text=why, detail={"by": by.id})


def _write_down(
    plane: Plane,
    connection: Connection,
    rollout: Rollout,
    *,
    verb: str,
    text: str,
    detail: Mapping[str, object],
) -> None:
    """Tell people, and the audit trail, what was asked."""
    subject, now = f"rollout/{rollout.id}", rollout.updated_at
    plane.trail.tell(connection, now=now, kind=f"rollout.{verb}", subject=subject, text=text)
    plane.trail.write(
        connection,
        now=now,
        actor="api",
        verb=f"rollout.{verb}",
        subject=subject,
        detail=dict(detail),
    )
