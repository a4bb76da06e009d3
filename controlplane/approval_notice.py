"""Tell people once that a rollout waits for them, and once that it no longer does."""

from controlplane.alert_desk import step_alert
from controlplane.decide.alert_state import QUIET, Alert, AlertState
from controlplane.decide.rollout import Rollout
from controlplane.plane import Plane
from controlplane.store.alerts import AlertRecord

__all__ = ["notice_approval"]


def notice_approval(plane: Plane, rollout: Rollout) -> None:
    """Let an alert fire while an approval is waited for."""
    key = f"rollout/{rollout.id}/approval"
    waits = bool(rollout.progress.approval)
    if not waits and plane.live.alerts.get(key, QUIET).state is not AlertState.FIRING:
        return

    def told(alert: Alert) -> AlertRecord:
        return _record(rollout, key, alert, plane.now())

    step_alert(plane, key, firing=waits, now=plane.now(), told=told, keep_seconds=0.0)


def _record(rollout: Rollout, key: str, alert: Alert, now: float) -> AlertRecord:
    spec, name = rollout.spec, rollout.progress.approval
    return AlertRecord(
        key=key,
        slo=rollout.id,
        severity="ticket",
        alert=alert,
        labels={
            "alertname": "RolloutWaits",
            "rollout": rollout.id,
            "service": spec.service,
            "version": spec.version,
            "severity": "ticket",
        },
        annotations={
            "summary": f"rollout of {spec.service} {spec.version} waits for approval {name!r}"
            if name
            else f"rollout of {spec.service} {spec.version} waits for nobody any more",
            "description": rollout.progress.reason,
            "first_step": f"trimtab rollout approve {rollout.id} {name}".rstrip(),
            "rollout": rollout.id,
        },
        updated_at=now,
    )
