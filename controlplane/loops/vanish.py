"""Call someone for a service of which no page comes any more, and for an SLO without an event.

Without pages there is no traffic to judge by, so no burn rate fires: silence must not pass for health.
"""

from controlplane.alert_desk import labels_of, step_alert
from controlplane.decide.alert_state import Alert
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.store.alerts import AlertRecord

__all__ = ["watch_for_silence"]


async def watch_for_silence(plane: Plane) -> None:
    """Look when the newest page of each service came, and the newest event of each SLO."""
    for promise in tuple(plane.promises.values()):
        if promise.slo.family == "":  # one page that is missing is told once for a family
            _step_vanished(plane, promise)
        if promise.slo.silence is not None and promise.calls:
            _step_no_data(plane, promise, promise.slo.silence.total_seconds())


def _step_vanished(plane: Plane, promise: Promise) -> None:
    limit, now = plane.config.notify.vanished, plane.now()
    if limit == 0.0:
        return
    silent = _silent_seconds(plane, promise, now)
    what = f"sample of the engine {promise.engine}" if promise.engine else "page"
    why = plane.live.uncounted.get(promise.slo.name, "") if promise.engine else ""
    _step(
        plane,
        promise,
        kind="vanished",
        firing=None if silent is None else silent > limit,
        alertname="SLOVanished",
        summary=f"no {what} of {promise.slo.service} comes any more: {promise.slo.name} is not known",
        description=f"the newest {what} is {silent or 0.0:.0f} s old{why and f': {why}'}",
    )


def _step_no_data(plane: Plane, promise: Promise, seconds: float) -> None:
    """An SLO that asks for it calls someone when nothing at all was counted for so long."""
    span = plane.counting.span([promise.total_key], now=plane.now(), seconds=seconds)
    quiet = span.gained[promise.total_key] == 0.0
    watched = plane.counting.defines(promise.total_key) and span.covered_seconds >= seconds
    _step(
        plane,
        promise,
        kind="no-data",
        firing=quiet if watched or not quiet else None,
        alertname="SLONoData",
        summary=f"{promise.slo.name} of {promise.slo.service} has nothing to count",
        description=f"no event within {seconds:.0f} s",
    )


def _step(
    plane: Plane,
    promise: Promise,
    *,
    kind: str,
    firing: bool | None,
    alertname: str,
    summary: str,
    description: str,
) -> None:
    key, now = f"{promise.slo.name}/{kind}", plane.now()

    def told(alert: Alert) -> AlertRecord:
        return AlertRecord(
            key=key,
            slo=promise.slo.name,
            severity="page",
            alert=alert,
            labels=labels_of(promise, alertname, "page"),
            annotations={
                "summary": summary,
                "description": description,
                "first_step": "trimtab doctor",
            },
            updated_at=now,
        )

    step_alert(plane, key, firing=firing, now=now, told=told)


def _silent_seconds(plane: Plane, promise: Promise, now: float) -> float | None:
    """Return for how long nothing new came of an SLO; None where nothing ever did."""
    if promise.engine:
        feed = plane.live.feeds.get(promise.slo.name)
        return None if feed is None or feed.newest is None else now - feed.newest
    standings = plane.live.targets
    targets = plane.targets_of(promise.slo.service)
    seen = [at for t in targets if t.name in standings and (at := standings[t.name].at) is not None]
    return now - max(seen) if seen else None
