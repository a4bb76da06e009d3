"""/v1/rollouts: start one, look at it, wait for it, and ask for a verb."""

import asyncio
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response

from controlplane import rollout_desk, rollout_draft
from controlplane.api.access import Listing, PageHere, PlaneHere, page_of
from controlplane.api.rollout_shape import rollout_out
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_plan import Answer
from controlplane.decide.rollout_state import Phase
from controlplane.errors import Changed
from controlplane.plane import Plane
from controlplane.rollout_drill import draft_drill
from controlplane.schemas import DrillIn, RolloutIn, RolloutOut, ShareIn, UndoIn, VerbIn

__all__ = ["router"]

router = APIRouter(prefix="/v1/rollouts", tags=["rollouts"])
DryRun = Annotated[bool, Query(alias="dryRun")]
Key = Annotated[str | None, Header(max_length=255)]
IfMatch = Annotated[str | None, Header(max_length=64)]
Wait = Annotated[float, Query(ge=0, le=60)]
MOST_WAIT_STEP_SECONDS = 5.0


@router.post("", status_code=202)
async def start_rollout(
    asked: RolloutIn,
    plane: PlaneHere,
    response: Response,
    idempotency_key: Key = None,
    *,
    dry_run: DryRun = False,
) -> RolloutOut:
    """Begin to move traffic to a version."""
    rollout = rollout_draft.draft(plane, asked)
    return _started(plane, rollout, response, idempotency_key, asked.on_conflict, dry_run=dry_run)


@router.post(":drill", status_code=202)
async def drill(
    asked: DrillIn,
    plane: PlaneHere,
    response: Response,
    idempotency_key: Key = None,
    *,
    dry_run: DryRun = False,
) -> RolloutOut:
    """Rehearse a rollback: a small share to a version that is kept warm, and home again."""
    rollout = draft_drill(plane, asked)
    return _started(plane, rollout, response, idempotency_key, asked.on_conflict, dry_run=dry_run)


@router.get("")
async def list_rollouts(
    plane: PlaneHere, page: PageHere, service: str | None = None, *, active: bool = False
) -> Listing[RolloutOut]:
    """Rollouts, newest first."""
    found = plane.rollouts.list(service=service, active=active)
    return page_of(found, page, key=lambda rollout: rollout.id, shape=partial(rollout_out, plane))


@router.get("/{rollout_id}")
async def show_rollout(
    rollout_id: str,
    plane: PlaneHere,
    response: Response,
    wait: Wait = 0.0,
    until: Literal["done", "paused", "changed"] = "done",
) -> RolloutOut:
    """One rollout; the ETag is its generation. ``wait`` answers once it is there, or is over."""
    rollout = await _awaited(plane, rollout_id, wait, until)
    response.headers["etag"] = f'"{rollout.generation}"'
    return rollout_out(plane, rollout)


@router.post("/{rollout_id}:promote")
async def promote_rollout(
    rollout_id: str, plane: PlaneHere, why: VerbIn | None = None, if_match: IfMatch = None
) -> RolloutOut:
    """Give the canary all traffic, whatever the analysis says."""
    return _ask(plane, rollout_id, "promote", why, if_match)


@router.post("/{rollout_id}:pause")
async def pause_rollout(
    rollout_id: str, plane: PlaneHere, why: VerbIn | None = None, if_match: IfMatch = None
) -> RolloutOut:
    """Stay at the present weight; a bad canary is still rolled back."""
    return _ask(plane, rollout_id, "pause", why, if_match)


@router.post("/{rollout_id}:resume")
async def resume_rollout(
    rollout_id: str, plane: PlaneHere, why: VerbIn | None = None, if_match: IfMatch = None
) -> RolloutOut:
    """Go on after a pause."""
    return _ask(plane, rollout_id, "resume", why, if_match)


@router.post("/{rollout_id}:abort")
async def abort_rollout(
    rollout_id: str, plane: PlaneHere, why: VerbIn | None = None, if_match: IfMatch = None
) -> RolloutOut:
    """Send the canary's traffic back to the baseline."""
    return _ask(plane, rollout_id, "abort", why, if_match)


@router.post("/{rollout_id}:weight")
async def weigh_rollout(
    rollout_id: str, plane: PlaneHere, wanted: ShareIn, if_match: IfMatch = None
) -> RolloutOut:
    """Set the weight of a rollout that is moved by hand."""
    _check(plane, rollout_id, if_match)
    moved = rollout_desk.set_weight(plane, rollout_id, wanted.weight, reason=wanted.reason)
    return rollout_out(plane, moved)


@router.post("/{rollout_id}:retry", status_code=202)
async def retry_rollout(
    rollout_id: str,
    plane: PlaneHere,
    response: Response,
    idempotency_key: Key = None,
    *,
    dry_run: DryRun = False,
) -> RolloutOut:
    """Try again what ended without success, as a rollout of its own."""
    rollout = rollout_draft.again(plane, rollout_id)
    return _started(plane, rollout, response, idempotency_key, "refuse", dry_run=dry_run)


@router.post("/{rollout_id}:undo", status_code=202)
async def undo_rollout(
    rollout_id: str,
    plane: PlaneHere,
    response: Response,
    to: UndoIn | None = None,
    idempotency_key: Key = None,
    *,
    dry_run: DryRun = False,
) -> RolloutOut:
    """Take back at once what succeeded, to the version before it or any that is kept warm."""
    rollout = rollout_draft.back(plane, rollout_id, version=to.version if to else "")
    return _started(plane, rollout, response, idempotency_key, "supersede", dry_run=dry_run)


@router.post("/{rollout_id}/gates/{gate}:approve")
async def approve(
    rollout_id: str, gate: str, plane: PlaneHere, why: VerbIn | None = None
) -> RolloutOut:
    """Say yes to what a rollout waits for."""
    return _answer(plane, rollout_id, gate, Answer.APPROVE, why)


@router.post("/{rollout_id}/gates/{gate}:reject")
async def reject(
    rollout_id: str, gate: str, plane: PlaneHere, why: VerbIn | None = None
) -> RolloutOut:
    """Say no to what a rollout waits for: it is rolled back."""
    return _answer(plane, rollout_id, gate, Answer.REJECT, why)


def _started(
    plane: Plane,
    rollout: Rollout,
    response: Response,
    key: str | None,
    on_conflict: str,
    *,
    dry_run: bool,
) -> RolloutOut:
    if not dry_run:
        rollout = rollout_desk.start(plane, rollout, idempotency_key=key, on_conflict=on_conflict)
    response.headers["location"] = f"/v1/rollouts/{rollout.id}"
    return rollout_out(plane, rollout)


def _ask(
    plane: Plane, rollout_id: str, verb: str, why: VerbIn | None, if_match: str | None
) -> RolloutOut:
    _check(plane, rollout_id, if_match)
    reason = why.reason if why else ""
    return rollout_out(plane, rollout_desk.ask(plane, rollout_id, verb, reason=reason))


def _answer(
    plane: Plane, rollout_id: str, name: str, given: Answer, why: VerbIn | None
) -> RolloutOut:
    reason = why.reason if why else ""
    found = rollout_desk.answer(plane, rollout_id, name, given=given, reason=reason)
    return rollout_out(plane, found)


def _check(plane: Plane, rollout_id: str, if_match: str | None) -> None:
    """Refuse a verb for a rollout that is no longer what the caller saw.

    Raises:
        Changed: Its generation is another.
    """
    if if_match is None or if_match == "*":
        return
    rollout = plane.rollouts.get(rollout_id)
    if if_match.strip('"') != str(rollout.generation):
        msg = f"Rollout {rollout_id} is at generation {rollout.generation}, not {if_match}."
        raise Changed(msg, hint="look at it again, then ask")


async def _awaited(plane: Plane, rollout_id: str, wait: float, until: str) -> Rollout:
    """Return a rollout once it is where somebody waits for it to be, or the wait is over."""
    deadline = plane.clock.monotonic() + wait
    first = rollout = plane.rollouts.get(rollout_id)
    while not _there(rollout, first, until):
        left = deadline - plane.clock.monotonic()
        if left <= 0.0:
            break
        try:
            async with asyncio.timeout(min(left, MOST_WAIT_STEP_SECONDS)):
                await plane.live.news.wait()
        except TimeoutError:
            pass
        rollout = plane.rollouts.get(rollout_id)
    return rollout


def _there(rollout: Rollout, first: Rollout, until: str) -> bool:
    if until == "changed":
        return rollout.generation != first.generation
    paused = until == "paused" and rollout.progress.phase is Phase.PAUSED
    return paused or not rollout.active
