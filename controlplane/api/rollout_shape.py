"""A rollout as the API shows it: what was asked, how far it is, and conditions with their reasons."""

from dataclasses import asdict

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_conditions import Condition, conditions_of, since
from controlplane.decide.rollout_outcome import outcome_of
from controlplane.decide.rollout_plan import Strategy
from controlplane.plane import Plane
from controlplane.schemas import ConditionOut, RolloutOut, RolloutSpecOut, RolloutStatusOut

__all__ = ["rollout_out"]


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
        conditions=tuple(_condition(rollout, each) for each in conditions_of(rollout)),
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


def _condition(rollout: Rollout, found: Condition) -> ConditionOut:
    return ConditionOut.model_validate(
        {
            "type": found.kind,
            "status": found.status,
            "reason": found.reason,
            "message": found.message,
            "last_transition_at": since(rollout, found),
        }
    )
