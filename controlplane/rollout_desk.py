"""Where rollouts are asked for. It writes wanted state; only loops/rollout.py moves traffic."""

from collections.abc import Mapping

from sqlalchemy import Connection

from controlplane.decide.rollout import Progress, Rollout, RolloutSpec
from controlplane.decide.rollout_state import TRANSITIONS, Event
from controlplane.errors import NotFound, Refused
from controlplane.plane import Plane
from controlplane.schemas import RolloutIn

__all__ = ["VERBS", "ask", "draft", "start"]

VERBS = {
    "promote": Event.PROMOTE_ASKED,
    "pause": Event.PAUSE_ASKED,
    "resume": Event.RESUME_ASKED,
    "abort": Event.ABORT_ASKED,
}


def draft(plane: Plane, asked: RolloutIn) -> Rollout:
    """Return the rollout that this request means, not yet saved.

    Raises:
        NotFound: No such service.
        Refused: The service has no route, or the steps do not rise.
    """
    spec = plane.config.services.get(asked.service)
    if spec is None:
        known = ", ".join(sorted(plane.config.services)) or "none"
        msg = f"No service {asked.service!r}."
        raise NotFound(msg, hint=f"known services: {known}")
    if spec.route is None:
        msg = f"Service {asked.service!r} has no route, so nobody can move its traffic."
        raise Refused(msg, hint=f"add services.{asked.service}.route to trimtab.yaml")
    usual = spec.rollout
    steps = asked.steps or usual.steps
    if list(steps) != sorted(set(steps)):
        msg = f"steps must rise, not {list(steps)}."
        raise Refused(msg)
    now = plane.now()
    wanted = RolloutSpec(
        service=asked.service,
        version=asked.version,
        steps=steps,
        soak_seconds=usual.soak if asked.soak_seconds is None else asked.soak_seconds,
        min_requests=usual.min_requests if asked.min_requests is None else asked.min_requests,
        horizon_seconds=usual.horizon if asked.horizon_seconds is None else asked.horizon_seconds,
        alpha=usual.alpha,
        beta=usual.beta,
        error_margin=usual.margin.errors,
        error_odds=usual.margin.error_odds,
        latency_odds=usual.margin.latency_odds,
        tolerable_errors=usual.tolerable_errors,
        promote_on_budget=usual.promote_on_budget,
    )
    return Rollout(
        id=f"r-{plane.rng.bytes(5).hex()}",
        generation=1,
        spec=wanted,
        progress=Progress(entered_at=now),
        created_at=now,
        updated_at=now,
    )


def start(plane: Plane, rollout: Rollout, *, idempotency_key: str | None) -> Rollout:
    """Save a rollout; one of the same service that is still under way is superseded.

    Raises:
        Refused: The version already serves all traffic.
        KeyReused: The key made a rollout with another spec.
    """
    service, version = rollout.spec.service, rollout.spec.version
    running = plane.rollouts.list(service=service, active=True)
    serving = plane.services.list().get(service)
    with plane.engine.begin() as connection:
        made = plane.rollouts.create(connection, rollout, idempotency_key=idempotency_key)
        if made.id != rollout.id:
            return made
        if serving is not None and serving.stable == version:
            msg = f"Version {version!r} of {service} already serves all traffic."
            raise Refused(msg, hint="name the version that should replace it")
        for older in running:
            _supersede(plane, connection, older, by=rollout)
        text = f"{service}: rollout of version {version} asked for"
        detail = {"service": service, "version": version, "steps": list(rollout.spec.steps)}
        _write_down(plane, connection, rollout, verb="start", text=text, detail=detail)
    for older in running:
        plane.canaries.end(older)
    return rollout


def ask(plane: Plane, rollout_id: str, verb: str, *, reason: str) -> Rollout:
    """Take a person's verb into account, and write who asked.

    Raises:
        NotFound: No such rollout.
        IllegalTransition: Its phase does not accept the verb.
        Refused: It changed at the same moment; ask again.
    """
    rollout = plane.rollouts.get(rollout_id)
    now = plane.now()
    why = f"{verb} asked for" + (f": {reason}" if reason else "")
    asked = rollout.take(VERBS[verb], reason=why, now=now)
    with plane.engine.begin() as connection:
        if not plane.rollouts.save(connection, asked, read_generation=rollout.generation):
            msg = f"Rollout {rollout_id} changed at the same moment."
            raise Refused(msg, hint="look at it and ask again")
        _write_down(plane, connection, asked, verb=verb, text=why, detail={"reason": reason})
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
