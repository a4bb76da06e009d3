"""The one loop that moves traffic: observe, decide, save, act. Every round may be repeated."""

import asyncio
import logging
from collections.abc import Mapping

from sqlalchemy import Connection

from controlplane.approval_notice import notice_approvals
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_conditions import stamped
from controlplane.decide.rollout_plan import Strategy
from controlplane.decide.rollout_state import Event, Phase
from controlplane.decide.rollout_step import Move, next_move
from controlplane.decide.route import RouteSeen, WantedRoute, taken_over, wanted_route
from controlplane.errors import RouterError
from controlplane.live import TrafficStanding
from controlplane.loops.past_rollouts import learned_spread, learned_warmup, noise_so_far
from controlplane.loops.sight import Seen, see
from controlplane.loops.steering import read_route, set_route
from controlplane.plane import Plane
from controlplane.store.services import ServiceRecord

__all__ = ["move_traffic"]

LOG = logging.getLogger("trimtab.rollout")
CAUSE_KEPT = (Phase.PROMOTING, Phase.ROLLING_BACK)
"""Phases whose reason is why the rollout ended, which stays when its end is reached."""


async def move_traffic(plane: Plane) -> None:
    """Bring every service that has a route one step closer to what is wanted, side by side."""
    await asyncio.gather(*(_contained(plane, name) for name in (*plane.routers, *plane.watched)))
    notice_approvals(plane)


async def _contained(plane: Plane, name: str) -> None:
    """Move one service; what goes wrong with it is told, and is no matter of the others."""
    try:
        await _move_service(plane, name)
    except RouterError as error:
        plane.live.traffic[name] = TrafficStanding(weights=None, reason=str(error))
    except Exception as error:
        plane.telemetry.loop_failures.labels("rollout").inc()
        LOG.exception("the traffic of %s cannot be moved", name)
        plane.live.traffic[name] = TrafficStanding(weights=None, reason=repr(error))


async def _move_service(plane: Plane, name: str) -> None:
    if name in plane.watched:
        _judge(plane, name)
        return
    observed = await read_route(plane.routers[name])
    _note_absence(plane, name, observed)
    # From here until the router is asked again nothing waits, so no request can come between.
    record = plane.services.list().get(name) or _first_sight(plane, name, observed.weights)
    rollout = _whose_turn(plane, name)
    if rollout is not None:
        with plane.telemetry.tracer.start_as_current_span("rollout.step") as span:
            span.set_attributes({"service": name, "rollout": rollout.id})
            rollout, record = _advance(plane, rollout, record, observed)
            span.set_attributes(
                {"phase": rollout.progress.phase.value, "reason": rollout.progress.reason}
            )
    await _act(plane, name, record, rollout, observed)


def _judge(plane: Plane, name: str) -> None:
    """Judge a service whose traffic somebody else moves: nobody is asked for weights, or told any."""
    rollout = _whose_turn(plane, name)
    if rollout is not None:
        record = ServiceRecord(name=name, stable=rollout.spec.against)
        _advance(plane, rollout, record, observed=None)
    plane.live.traffic[name] = TrafficStanding(weights=None, reason="somebody else moves it")


def _whose_turn(plane: Plane, name: str) -> Rollout | None:
    """Return the rollout that moves now: the one under way, or the one that has waited longest."""
    active = plane.rollouts.list(service=name, active=True)
    moving = [rollout for rollout in active if not rollout.progress.queued]
    if moving or not active:
        return next(iter(moving), None)
    rollout = active[-1]
    begun = rollout.dequeued(now=plane.now())
    with plane.engine.begin() as connection:
        saved = plane.rollouts.save(connection, begun, read_generation=rollout.generation)
    return begun if saved else None


def _first_sight(plane: Plane, name: str, observed: Mapping[str, float]) -> ServiceRecord:
    """A service nobody has looked at yet: the version with most traffic is the stable one."""
    stable = max(observed, key=lambda version: observed[version])
    record = ServiceRecord(name=name, stable=stable)
    with plane.engine.begin() as connection:
        plane.services.save(connection, record, now=plane.now())
    return record


def _advance(
    plane: Plane, rollout: Rollout, record: ServiceRecord, observed: RouteSeen | None
) -> tuple[Rollout, ServiceRecord]:
    """Decide one move and save it, with the counts and the evidence it rests on.

    Args:
        plane: The plane.
        rollout: Whose move it is.
        record: Who serves at rest.
        observed: What the router is set to; None where somebody else moves the traffic.
    """
    seen = _seen(plane, rollout, record, observed)
    move = next_move(seen.rollout.spec.plan, seen.sight)
    moved = stamped(_taken(plane, seen, record, move), now=plane.now())
    promoted = moved.progress.phase is Phase.SUCCEEDED and moved.spec.strategy.moves_traffic
    if promoted and move.event is not None:
        record = ServiceRecord(name=record.name, stable=moved.spec.version, previous=record.stable)
    with plane.engine.begin() as connection:
        saved = plane.rollouts.save(
            connection,
            moved,
            read_generation=rollout.generation,
            analysis=plane.canaries.snapshot(rollout.id),
        )
        if not saved:  # somebody asked for a verb meanwhile: look again in the next round
            connection.rollback()
            return rollout, record
        plane.counting.save(connection, now=plane.now())
        if move.event is not None and observed is not None:
            plane.services.save(connection, record, now=plane.now())
        if move.event is not None:
            _tell(plane, connection, moved, move.event)
    if not moved.active:
        plane.canaries.end(moved)
    return moved, record


def _seen(
    plane: Plane, rollout: Rollout, record: ServiceRecord, observed: RouteSeen | None
) -> Seen:
    """Return what the decision looks at."""
    if observed is None:
        return see(plane, rollout, weight_reached=True)
    wanted = _wanted(plane, record, rollout, observed)
    return see(
        plane,
        rollout,
        weight_reached=observed.is_as(wanted),
        away=", ".join(observed.away),
        lost=_lost(plane, rollout, observed),
    )


def _lost(plane: Plane, rollout: Rollout, observed: RouteSeen) -> str:
    """Return which replica that was taken over is away for too long; empty when none is."""
    if rollout.spec.strategy is not Strategy.ROLLING or rollout.shift is None:
        return ""
    service, patience = rollout.spec.service, rollout.spec.plan.ready_within_seconds
    for name in taken_over(tuple(observed.replicas), rollout.weight):
        since = plane.live.away_since.get((service, name))
        if since is not None and plane.now() - since >= patience:
            return f"{name} was taken over and has not answered for {patience:g} s"
    return ""


def _note_absence(plane: Plane, service: str, observed: RouteSeen) -> None:
    """Remember since when replicas do not answer."""
    for name, setting in observed.replicas.items():
        if setting is None:
            plane.live.away_since.setdefault((service, name), plane.now())
        else:
            plane.live.away_since.pop((service, name), None)


def _taken(plane: Plane, seen: Seen, record: ServiceRecord, move: Move) -> Rollout:
    rollout = seen.rollout
    if move.event is None:
        away = rollout.progress.phase is Phase.PROGRESSING and not seen.sight.weight_reached
        if away or move.held:
            rollout = rollout.step_begins(plane.now())
        return rollout if rollout.progress.phase in CAUSE_KEPT else rollout.waiting(move.reason)
    plane.telemetry.rollout_moves.labels(move.event.value).inc()
    if move.event in (Event.CANARY_READY, Event.CUT_OVER):
        noise = noise_so_far(plane, rollout.spec.service)
        warmup = learned_warmup(plane, rollout.spec)
        rollout = rollout.measured_against(record.stable, noise=noise, now=plane.now())
        rollout = rollout.warmed_up(warmup.seconds, warmup.source, warmup.rollouts)
        expected = learned_spread(plane, rollout.spec)
        rollout = rollout.expecting(expected.spread, expected.source)
    cause = rollout.progress.reason if rollout.progress.phase in CAUSE_KEPT else move.reason
    return rollout.take(move.event, reason=cause, now=plane.now(), approval=move.approval)


def _tell(plane: Plane, connection: Connection, rollout: Rollout, event: Event) -> None:
    progress = rollout.progress
    text = f"{progress.phase}: {progress.reason}"
    if progress.phase is Phase.PROGRESSING and rollout.shift is not None:
        where = "" if rollout.spec.strategy.moves_traffic else " of the requests, mirrored"
        text = f"{progress.phase} to {rollout.weight:g} %{where}: {progress.reason}"
    plane.trail.tell(
        connection,
        now=plane.now(),
        kind=f"rollout.{event}",
        subject=f"rollout/{rollout.id}",
        text=text,
    )
    LOG.info("%s %s", rollout.id, text)


async def _act(
    plane: Plane,
    name: str,
    record: ServiceRecord,
    rollout: Rollout | None,
    observed: RouteSeen,
) -> None:
    wanted = _wanted(plane, record, rollout, observed)
    if observed.due(wanted) and plane.lease.live:
        try:
            router, fencing = plane.routers[name], plane.lease.fencing
            done = await set_route(router, observed, wanted, fencing=fencing)
        except RouterError as error:
            plane.live.traffic[name] = TrafficStanding.of(observed, reason=str(error))
            return
        observed = observed.once_set(done, wanted)
        LOG.info("%s: weights %s (%s)", name, observed.weights, wanted.reason)
    plane.live.traffic[name] = TrafficStanding.of(observed, reason=wanted.reason)


def _wanted(
    plane: Plane, record: ServiceRecord, rollout: Rollout | None, observed: RouteSeen
) -> WantedRoute:
    factors = {
        version: factor
        for (service, version), factor in plane.live.factors.items()
        if service == record.name
    }
    return wanted_route(
        stable=record.stable,
        previous=record.previous,
        shift=None if rollout is None else rollout.shift,
        factors=factors,
        replicas=tuple(observed.replicas),
    )
