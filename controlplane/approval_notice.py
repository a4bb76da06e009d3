"""Tell people once that a rollout waits for them, and once that it no longer does."""

from controlplane.alert_desk import step_alert
from controlplane.decide.alert_state import Alert, AlertState
from controlplane.decide.rollout import Rollout
from controlplane.plane import Plane
from controlplane.store.alerts import AlertRecord

__all__ = ["notice_approvals"]

PREFIX, SUFFIX = "rollout/", "/approval"


def notice_approvals(plane: Plane) -> None:
    """Let an alert fire for each approval that is waited for now, and end those of all others.

    It looks at what is saved, whoever saved it: a rollout may be superseded while it waits.
    """
    for rollout in plane.rollouts.list(active=True):
        if rollout.progress.approval:
            _step(plane, rollout, firing=True)
    for key, alert in tuple(plane.live.alerts.items()):
        if key.startswith(PREFIX) and alert.state is AlertState.FIRING:
            rollout = plane.rollouts.get(key.removeprefix(PREFIX).removesuffix(SUFFIX))
            if not rollout.progress.approval:
                _step(plane, rollout, firing=False)


def _step(plane: Plane, rollout: Rollout, *, firing: bool) -> None:
    key = f"{PREFIX}{rollout.id}{SUFFIX}"

    def told(alert: Alert) -> AlertRecord:
        return _record(rollout, key, alert, plane.now())

    step_alert(plane, key, firing=firing, now=plane.now(), told=told, keep_seconds=0.0)


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
