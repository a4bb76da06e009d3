"""A rollout as the API shows it: what was asked, how far it is, and conditions with their reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_outcome import outcome_of
from controlplane.decide.rollout_plan import Strategy
from controlplane.decide.rollout_state import Phase
from controlplane.plane import Plane
from controlplane.schemas import ConditionOut, RolloutOut, RolloutSpecOut, RolloutStatusOut

__all__ = ["rollout_out"]

FORWARD = (Phase.PROGRESSING, Phase.PROMOTING)


def rollout_out(plane: Plane, rollout: Rollout) -> RolloutOut:
    """Return a rollout as the API shows it."""
    progress = rollout.progress
    end = plane.now() if rollout.active else rollout.updated_at
    status = RolloutStatusOut(
        phase=progress.phase.value,
        observed_generation=rollout.generation,
        baseline=progress.baseline,
        step=progress.step,
        weight=None if rollout.spec.strategy is Strategy.OBSERVE else rollout.weight,
        canary_requests=progress.canary_requests,
        reasons=(progress.reason,),
        verdict=progress.verdict or None,
        evidence=progress.evidence,
        seconds=max(0.0, end - rollout.created_at),
        conditions=_conditions(rollout),
        approval=progress.approval or None,
        deadline_at=_deadline(rollout),
        queued=progress.queued,
        noise=progress.noise,
        warmup_seconds=progress.warmup,
        warmup_source=progress.warmup_source,
        outcome=outcome_of(rollout),
        compared=progress.compared,
        different=progress.different,
    )
    return RolloutOut(
        id=rollout.id,
        spec=RolloutSpecOut.model_validate(asdict(rollout.spec)),
        status=status,
        created_at=rollout.created_at,
        updated_at=rollout.updated_at,
        links={
            "self": f"/v1/rollouts/{rollout.id}",
            "analysis": f"/v1/rollouts/{rollout.id}/analysis",
            "events": f"/v1/events?subject=rollout/{rollout.id}",
        },
    )


def _deadline(rollout: Rollout) -> float | None:
    approval = rollout.spec.plan.named(rollout.progress.approval)
    return None if approval is None else rollout.progress.entered_at + approval.deadline_seconds


def _conditions(rollout: Rollout) -> tuple[ConditionOut, ...]:
    progress = rollout.progress
    phase, verdict = progress.phase, progress.verdict
    healthy = {"rollback": "False", "promote": "True", "promote_on_budget": "Unknown"}
    found = [
        ("Ready", "True" if progress.baseline else "Unknown" if rollout.active else "False"),
        ("Progressing", "True" if phase in FORWARD else "False"),
        ("NoWorse", healthy.get(verdict, "Unknown")),
        ("WaitingForPeople", "True" if phase is Phase.PAUSED else "False"),
        ("Done", "False" if rollout.active else "True"),
    ]
    since = progress.entered_at or rollout.created_at
    share = "Unknown" if not progress.share else "False" if progress.share_alarm else "True"
    return (
        *(
            _condition(
                kind,
                status,
                verdict or phase.value if kind == "NoWorse" else phase.value,
                progress.reason,
                since,
            )
            for kind, status in found
        ),
        _condition("ShareAsAsked", share, phase.value, progress.share, since),
        *_about_gauges(rollout, since),
    )


def _about_gauges(rollout: Rollout, since: float) -> Iterable[ConditionOut]:
    """Yield what the levels of the replicas say, where any are watched; what is not known is Unknown."""
    if not rollout.spec.gauges:
        return
    evidence: Mapping[str, Any] = rollout.progress.evidence or {}
    found = evidence.get("gauges", ())
    warned = [each["metric"] for each in found if each["warning"]]
    known = bool(found) and all(each["known"] for each in found)
    status = "False" if warned else "True" if known else "Unknown"
    told = " ".join(each["text"] for each in found) or "no level was read yet"
    reason = "Warning" if warned else "AsBefore" if known else "NotKnown"
    yield _condition("GaugesAsBefore", status, reason, told, since)


def _condition(kind: str, status: str, reason: str, message: str, since: float) -> ConditionOut:
    return ConditionOut.model_validate(
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "last_transition_at": since,
        }
    )
