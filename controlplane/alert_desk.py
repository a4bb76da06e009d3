"""Where alerts take their steps: the alert and its messages are saved in one transaction."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from controlplane.decide.alert_state import QUIET, Alert, AlertState, Step, step
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.store.alerts import AlertRecord
from controlplane.store.outbox import Message

__all__ = ["end_alerts", "labels_of", "step_alert"]


def labels_of(promise: Promise, name: str, severity: str) -> dict[str, str]:
    """Return what routes match an alert by; of a family's member its own label values, too."""
    slo = promise.slo
    own = {"alertname": name, "slo": slo.name, "service": slo.service, "severity": severity}
    return {**slo.values, **({"slo_family": slo.family} if slo.family else {}), **own}


def step_alert(
    plane: Plane,
    key: str,
    *,
    firing: bool | None,
    now: float,
    told: Callable[[Alert], AlertRecord],
    keep_seconds: float | None = None,
) -> None:
    """Take one answer into account.

    Args:
        plane: The plane.
        key: Of the alert.
        firing: The answer; None when there was nothing to judge by.
        now: Unix seconds.
        told: Makes the record with its words, where there is something to write.
        keep_seconds: How long it must stay quiet before it is over; as configured when None.
    """
    before = plane.live.alerts.get(key, QUIET)
    keep = plane.config.notify.keep_firing if keep_seconds is None else keep_seconds
    taken = step(before, firing=firing, now=now, keep_firing_seconds=keep)
    if taken.alert == before:
        return
    record = told(taken.alert)
    with plane.engine.begin() as connection:
        plane.alerts.save(connection, record)
        if taken.intent is not None:
            _announce(plane, connection, record, taken)
    plane.live.alerts[key] = taken.alert


def end_alerts(plane: Plane, slo: str, *, reason: str) -> None:
    """Resolve whatever fires for an SLO that is let go."""
    for record in plane.alerts.list():
        if record.slo != slo or record.alert.state is not AlertState.FIRING:
            continue

        def told(alert: Alert, record: AlertRecord = record) -> AlertRecord:
            words = {**record.annotations, "description": reason}
            return replace(record, alert=alert, annotations=words, updated_at=plane.now())

        step_alert(plane, record.key, firing=False, now=plane.now(), told=told, keep_seconds=0.0)


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
                    "url": f"{plane.url}{_about(record)}",
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


def _about(record: AlertRecord) -> str:
    """Return the path of what an alert is about."""
    rollout = record.labels.get("rollout")
    return f"/v1/rollouts/{rollout}" if rollout else f"/v1/slos/{record.slo}"


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
