"""Hold every SLO against what was counted; alerts and their messages are saved together."""

from controlplane.adjustment_desk import adjustments_of
from controlplane.alert_desk import labels_of, step_alert
from controlplane.decide.alert_state import Alert, AlertState
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.slo_evaluation import Evaluation, evaluate_promise
from controlplane.store.alerts import AlertRecord
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
    for promise in (each for each in suspects.values() if each.calls):
        adjustments = adjustments_of(plane, promise.slo.name)
        found = evaluate_promise(promise, plane.counting, now=now, adjustments=adjustments)
        for decision in found.decisions.values():
            _step_alert(plane, promise, found, decision)


def _ringing(plane: Plane) -> set[str]:
    """Return the SLOs of which an alert fires just now."""
    firing = (key for key, alert in plane.live.alerts.items() if alert.state is AlertState.FIRING)
    return {key.rpartition("/")[0] for key in firing} & plane.promises.keys()


def _step_alert(plane: Plane, promise: Promise, found: Evaluation, decision: Decision) -> None:
    key = f"{promise.slo.name}/{decision.severity.value}"

    def told(alert: Alert) -> AlertRecord:
        return _record(plane, promise, found, decision, alert)

    step_alert(plane, key, firing=decision.firing, now=found.at, told=told)


def _record(
    plane: Plane, promise: Promise, found: Evaluation, decision: Decision, alert: Alert
) -> AlertRecord:
    slo, severity = promise.slo, decision.severity.value
    left = found.budget.remaining_ratio
    budget = "budget unknown" if left is None else f"{left:.1%} of the error budget left"
    rollout = next(iter(plane.rollouts.list(service=slo.service, active=True)), None)
    labels = labels_of(promise, "SLOBurn", severity)
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
