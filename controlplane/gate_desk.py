"""Where pipelines ask whether a service may be deployed, and where a person overrides the answer."""

from controlplane.adjustment_desk import adjustments_of
from controlplane.decide.alert_state import AlertState
from controlplane.decide.gate import GateDecision, SloStanding, decide_gate
from controlplane.errors import NotFound
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.slo_evaluation import evaluate_promise
from slo import Severity

__all__ = ["ask_gate", "override_gate", "standings_of"]


def ask_gate(plane: Plane, service: str) -> GateDecision:
    """Return whether a service may be deployed now, by what is counted now.

    Raises:
        NotFound: Nothing is known of such a service.
    """
    known = {
        *plane.config.services,
        *plane.promises.services,
        *(t.service for t in plane.book.targets),
    }
    if service not in known:
        names = ", ".join(sorted(known)) or "none"
        msg = f"No service {service!r}."
        raise NotFound(msg, hint=f"known services: {names}")
    active = next(iter(plane.rollouts.list(service=service, active=True)), None)
    standings = standings_of(plane, service)
    return decide_gate(standings, rollout=None if active is None else active.id)


def standings_of(plane: Plane, service: str) -> tuple[SloStanding, ...]:
    """Return how the SLOs of a service stand."""
    return tuple(
        standing
        for promise in plane.promises_of(service)
        if not _is_idle_member(promise, standing := _standing(plane, promise))
    )


def override_gate(plane: Plane, service: str, *, version: str, reason: str) -> GateDecision:
    """Write down that somebody deploys whatever the gate says; return what it says.

    Raises:
        NotFound: As for `ask_gate`.
    """
    found, now, subject = ask_gate(plane, service), plane.now(), f"gate/{service}"
    detail = {"version": version, "reason": reason, "gate": found.gate.value}
    with plane.engine.begin() as connection:
        text = f"{service} {version} is deployed though the gate is {found.gate}: {reason}"
        plane.trail.tell(connection, now=now, kind="gate.override", subject=subject, text=text)
        plane.trail.write(
            connection, now=now, actor="api", verb="gate.override", subject=subject, detail=detail
        )
    return found


def _is_idle_member(promise: Promise, standing: SloStanding) -> bool:
    """Whether it is of a set of values that nothing is asked of now: its family is judged anyway."""
    return bool(promise.slo.family) and bool(standing.unknown) and not standing.paging


def _standing(plane: Plane, promise: Promise) -> SloStanding:
    name = promise.slo.name
    adjustments = adjustments_of(plane, name)
    found = evaluate_promise(promise, plane.counting, now=plane.now(), adjustments=adjustments)
    alert = plane.live.alerts.get(f"{name}/{Severity.PAGE}")
    page = found.decisions.get(Severity.PAGE)
    return SloStanding(
        name=name,
        remaining_ratio=found.budget.remaining_ratio,
        paging=(alert is not None and alert.state is AlertState.FIRING)
        or (page is not None and page.firing is True),
        unknown=_unknown(plane, name, found.unknown, blind=found.state == "unknown"),
    )


def _unknown(plane: Plane, name: str, why: str, *, blind: bool) -> str:
    """Return why an SLO cannot be judged: what stands against counting it comes first."""
    return plane.live.uncounted.get(name) or why or ("no traffic to judge by" if blind else "")
