"""Call someone for a service that was watched and of which no page comes any more.

Without pages there is no traffic to judge by, so no burn rate fires: silence must not pass for health.
"""

from controlplane.alert_desk import step_alert
from controlplane.decide.alert_state import Alert
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.store.alerts import AlertRecord

__all__ = ["watch_for_silence"]


async def watch_for_silence(plane: Plane) -> None:
    """Look when the newest page of each service came."""
    limit, now = plane.config.notify.vanished, plane.now()
    if limit == 0.0:
        return
    for promise in plane.promises.values():
        silent = _silent_seconds(plane, promise, now)
        firing = None if silent is None else silent > limit

        def told(
            alert: Alert, promise: Promise = promise, silent: float | None = silent
        ) -> AlertRecord:
            return _record(promise, alert, now, silent or 0.0)

        step_alert(plane, f"{promise.slo.name}/vanished", firing=firing, now=now, told=told)


def _silent_seconds(plane: Plane, promise: Promise, now: float) -> float | None:
    """Return for how long no target of the service had a page; None where none ever had."""
    standings = plane.live.targets
    targets = plane.targets_of(promise.slo.service)
    seen = [at for t in targets if t.name in standings and (at := standings[t.name].at) is not None]
    return now - max(seen) if seen else None


def _record(promise: Promise, alert: Alert, now: float, silent: float) -> AlertRecord:
    slo = promise.slo
    return AlertRecord(
        key=f"{slo.name}/vanished",
        slo=slo.name,
        severity="page",
        alert=alert,
        labels={
            "alertname": "SLOVanished",
            "slo": slo.name,
            "service": slo.service,
            "severity": "page",
        },
        annotations={
            "summary": f"no page of {slo.service} comes any more: {slo.name} is not known",
            "description": f"the newest page is {silent:.0f} s old",
            "first_step": "trimtab doctor",
        },
        updated_at=now,
    )
