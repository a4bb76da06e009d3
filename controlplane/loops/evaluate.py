"""Hold every SLO against what was counted; alerts and their messages are saved together."""

import hashlib
from math import inf

from sqlalchemy import Connection

from controlplane.decide.alert_state import QUIET, Alert, AlertState, Step, step
from controlplane.plane import Plane
from controlplane.slo_evaluation import Evaluation, Promise, evaluate_promise, may_fire
from controlplane.store.alerts import AlertRecord
from controlplane.store.outbox import Message
from slo import Decision, Severity

__all__ = ["evaluate"]

IDLE_SECONDS = 5.0
"""An SLO without news is evaluated so often."""


async def evaluate(plane: Plane) -> None:
    """Evaluate the SLOs that have news, and the others now and then, for windows slide."""
    now, services, evaluated = plane.now(), plane.live.news.services, plane.live.evaluated
    for name, promise in plane.promises.items():
        since = now - evaluated.get(name, -inf)
        if promise.slo.service not in services and 0.0 <= since < IDLE_SECONDS:
            continue
        if _rings(plane, name) or may_fire(promise, plane.counting, now=now):
            found = evaluate_promise(promise, plane.counting, now=now)
            for decision in found.decisions.values():
                _step_alert(plane, promise, found, decision)
        evaluated[name] = now
    services.clear()  # only now: a round that fails is done again


def _rings(plane: Plane, name: str) -> bool:
    """Whether an alert of this SLO fires just now, and may have to be resolved."""
    alerts = (plane.live.alerts.get(f"{name}/{severity}") for severity in Severity)
    return any(alert is not None and alert.state is AlertState.FIRING for alert in alerts)


def _step_alert(plane: Plane, promise: Promise, found: Evaluation, decision: Decision) -> None:
    severity = decision.severity.value
    key = f"{promise.slo.name}/{severity}"
    before = plane.live.alerts.get(key, QUIET)
    taken = step(
        before,
        firing=decision.firing,
        now=found.at,
        keep_firing_seconds=plane.config.notify.keep_firing,
    )
    if taken.alert == before:
        return
    record = _record(plane, promise, found, decision, taken.alert)
    with plane.engine.begin() as connection:
        plane.alerts.save(connection, record)
        if taken.intent is not None:
            _announce(plane, connection, record, taken)
    plane.live.alerts[key] = taken.alert


def _announce(plane: Plane, connection: Connection, record: AlertRecord, taken: Step) -> None:
    """Put one message for each destination into the outbox, in the alert's own transaction."""
    intent = "" if taken.intent is None else taken.intent.value
    alert = record.alert
    for receiver in _receivers(plane, record.labels):
        for position in range(len(plane.config.notify.receivers[receiver])):
            message = Message(
                message_id=_message_id(receiver, position, record.key, alert.episode, intent),
                receiver=receiver,
                position=position,
                alert_key=record.key,
                episode=alert.episode,
                intent=intent,
                payload={
                    "labels": record.labels,
                    "annotations": record.annotations,
                    "starts_at": alert.starts_at,
                    "ends_at": alert.ends_at,
                    "url": f"{plane.url}/v1/slos/{record.slo}",
                },
            )
            plane.outbox.add(connection, message, now=record.updated_at)
    text = f"{record.key}: {taken.reason}. {record.annotations['summary']}"
    plane.trail.tell(
        connection,
        now=record.updated_at,
        kind=f"alert.{intent}",
        subject=f"alert/{record.key}",
        text=text,
    )
    plane.telemetry.alert_steps.labels(intent).inc()


def _message_id(*what: object) -> str:
    """Return a name that is the same on every try, and no other message's."""
    return "msg_" + hashlib.sha256("/".join(map(str, what)).encode()).hexdigest()[:40]


def _receivers(plane: Plane, labels: dict[str, str]) -> tuple[str, ...]:
    """Return the receiver of the first route that matches; without routes, every receiver."""
    notify = plane.config.notify
    if not notify.routes:
        return tuple(notify.receivers)
    for route in notify.routes:
        if route.match.items() <= labels.items():
            return (route.to,)
    return ()


def _record(
    plane: Plane, promise: Promise, found: Evaluation, decision: Decision, alert: Alert
) -> AlertRecord:
    slo, severity = promise.slo, decision.severity.value
    left = found.budget.remaining_ratio
    budget = "budget unknown" if left is None else f"{left:.1%} of the error budget left"
    rollout = next(iter(plane.rollouts.list(service=slo.service, active=True)), None)
    labels = {"alertname": "SLOBurn", "slo": slo.name, "service": slo.service, "severity": severity}
    annotations = {
        "summary": f"{slo.name} of {slo.service} burns its error budget; {budget}",
        "description": decision.reason,
        "first_step": "trimtab runbook show bad-canary",
    }
    if rollout is not None:
        annotations["rollout"] = rollout.id
    return AlertRecord(
        key=f"{slo.name}/{severity}",
        slo=slo.name,
        severity=severity,
        alert=alert,
        labels=labels,
        annotations=annotations,
        updated_at=found.at,
    )
