"""/v1/rollouts: start one, look at it, and ask for a verb."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from controlplane import rollout_desk
from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.decide.rollout import Rollout
from controlplane.plane import Plane
from controlplane.schemas import RolloutIn, RolloutOut, RolloutSpecOut, RolloutStatusOut, VerbIn

__all__ = ["router"]

router = APIRouter(prefix="/v1/rollouts", tags=["rollouts"])
DryRun = Annotated[bool, Query(alias="dryRun")]


@router.post("", status_code=202)
async def start_rollout(
    asked: RolloutIn,
    plane: PlaneHere,
    response: Response,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
    *,
    dry_run: DryRun = False,
) -> RolloutOut:
    """Begin to move traffic to a version. A running rollout of the same service is superseded."""
    rollout = rollout_desk.draft(plane, asked)
    if not dry_run:
        rollout = rollout_desk.start(plane, rollout, idempotency_key=idempotency_key)
    response.headers["location"] = f"/v1/rollouts/{rollout.id}"
    return rollout_out(plane, rollout)


@router.get("")
async def list_rollouts(
    plane: PlaneHere, service: str | None = None, *, active: bool = False
) -> Listing[RolloutOut]:
    """Rollouts, newest first."""
    found = plane.rollouts.list(service=service, active=active)
    return listing(rollout_out(plane, rollout) for rollout in found)


@router.get("/{rollout_id}")
async def show_rollout(rollout_id: str, plane: PlaneHere, response: Response) -> RolloutOut:
    """One rollout; the ETag is its generation."""
    rollout = plane.rollouts.get(rollout_id)
    response.headers["etag"] = f'"{rollout.generation}"'
    return rollout_out(plane, rollout)


@router.post("/{rollout_id}:promote")
async def promote_rollout(
    rollout_id: str, plane: PlaneHere, why: VerbIn | None = None
) -> RolloutOut:
    """Give the canary all traffic, whatever the analysis says."""
    return _ask(plane, rollout_id, "promote", why)


@router.post("/{rollout_id}:pause")
async def pause_rollout(rollout_id: str, plane: PlaneHere, why: VerbIn | None = None) -> RolloutOut:
    """Stay at the present weight; a bad canary is still rolled back."""
    return _ask(plane, rollout_id, "pause", why)


@router.post("/{rollout_id}:resume")
async def resume_rollout(
    rollout_id: str, plane: PlaneHere, why: VerbIn | None = None
) -> RolloutOut:
    """Go on after a pause."""
    return _ask(plane, rollout_id, "resume", why)


@router.post("/{rollout_id}:abort")
async def abort_rollout(rollout_id: str, plane: PlaneHere, why: VerbIn | None = None) -> RolloutOut:
    """Send the canary's traffic back to the baseline."""
    return _ask(plane, rollout_id, "abort", why)


def _ask(plane: Plane, rollout_id: str, verb: str, why: VerbIn | None) -> RolloutOut:
    reason = why.reason if why else ""
    return rollout_out(plane, rollout_desk.ask(plane, rollout_id, verb, reason=reason))


def rollout_out(plane: Plane, rollout: Rollout) -> RolloutOut:
    """Return a rollout as the API shows it."""
    progress = rollout.progress
    end = plane.now() if rollout.active else rollout.updated_at
    status = RolloutStatusOut(
        phase=progress.phase.value,
        observed_generation=rollout.generation,
        baseline=progress.baseline,
        step=progress.step,
        weight=rollout.weight,
        canary_requests=progress.canary_requests,
        reasons=(progress.reason,),
        verdict=progress.verdict or None,
        evidence=progress.evidence,
        seconds=max(0.0, end - rollout.created_at),
    )
    return RolloutOut(
        id=rollout.id,
        spec=RolloutSpecOut(**asdict(rollout.spec)),
        status=status,
        created_at=rollout.created_at,
        updated_at=rollout.updated_at,
        links={
            "self": f"/v1/rollouts/{rollout.id}",
            "events": f"/v1/events?subject=rollout/{rollout.id}",
        },
    )
