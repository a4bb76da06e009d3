"""Hold every SLO against what was counted; alerts and their messages are saved together."""

import hashlib

from sqlalchemy import Connection

from controlplane.adjustment_desk import adjustments_of
from controlplane.decide.alert_state import QUIET, Alert, AlertState, Step, step
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.slo_evaluation import Evaluation, evaluate_promise
from controlplane.store.alerts import AlertRecord
from controlplane.store.outbox import Message
from slo import Decision

__all__ = ["evaluate"]


async def evaluate(plane: Plane) -> None:
    """Look at all SLOs, and evaluate those that may fire and those whose alert may be resolved."""
    now = plane.now()
    suspects = {each.slo.name: each for each in plane.look.suspects(plane.counting, now=now)}
    # The look does not know what people took out: those are evaluated in full.
    adjusted = {name for name, found in plane.live.adjustments.items() if found.exclusions}
    for name in (_ringing(plane) | (adjusted & plane.promises.keys())) - suspects.keys():
        suspects[name] = plane.promises[name]
    for promise in suspects.values():
        adjustments = adjustments_of(plane, promise.slo.name)
        found = evaluate_promise(promise, plane.counting, now=now, adjustments=adjustments)
        for decision in found.decisions.values():
            _step_alert(plane, promise, found, decision)


def _ringing(plane: Plane) -> set[str]:
    """Return the SLOs of which an alert fires just now."""
    firing = (key for key, alert in plane.live.alerts.items() if alert.state is AlertState.FIRING)
    return {key.rpartition("/")[0] for key in firing} & plane.promises.keys()


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
