"""/v1/slos/{name}/exclusions and resets: what people take out of a budget, and why."""

import asyncio
from collections.abc import Iterable

from fastapi import APIRouter

from controlplane.adjustment_desk import entries_of, exclude, exclusion_of, reset, withdraw
from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.api.slos import promise_of
from controlplane.schemas import AdjustmentOut, ExclusionIn, ResetIn
from controlplane.store.adjustments import AdjustmentEntry

__all__ = ["router"]

router = APIRouter(prefix="/v1/slos", tags=["slos"])


@router.get("/{name}/exclusions")
async def list_exclusions(name: str, plane: PlaneHere) -> Listing[AdjustmentOut]:
    """Every exclusion that was ever written, and every one that was taken back."""
    return _listed(plane, name, ("exclude", "withdraw"))


@router.post("/{name}/exclusions", status_code=201)
async def add_exclusion(name: str, wanted: ExclusionIn, plane: PlaneHere) -> AdjustmentOut:
    """Take a time out of every number of an SLO; the counts stay as they are."""
    promise_of(plane, name)
    time_out = await asyncio.to_thread(
        exclusion_of, start=wanted.start, end=wanted.end, rule=wanted.rrule, now=plane.now()
    )
    return _out(exclude(plane, name, time_out, reason=wanted.reason))


@router.post("/{name}/exclusions/{entry}:withdraw", status_code=201)
async def withdraw_exclusion(
    name: str, entry: int, why: ResetIn, plane: PlaneHere
) -> AdjustmentOut:
    """Take an exclusion back: its time counts again."""
    promise_of(plane, name)
    return _out(withdraw(plane, name, entry=entry, reason=why.reason))


@router.get("/{name}/resets")
async def list_resets(name: str, plane: PlaneHere) -> Listing[AdjustmentOut]:
    """Every time that the budget was begun anew."""
    return _listed(plane, name, ("reset",))


@router.post("/{name}/resets", status_code=201)
async def add_reset(name: str, why: ResetIn, plane: PlaneHere) -> AdjustmentOut:
    """Begin the budget anew from now on; burn rates go on."""
    promise_of(plane, name)
    return _out(reset(plane, name, reason=why.reason))


def _listed(plane: PlaneHere, name: str, kinds: Iterable[str]) -> Listing[AdjustmentOut]:
    promise_of(plane, name)
    return listing(_out(entry) for entry in entries_of(plane, name) if entry.kind in kinds)


def _out(entry: AdjustmentEntry) -> AdjustmentOut:
    return AdjustmentOut(
        id=entry.id,
        slo=entry.slo,
        kind=entry.kind,
        at=entry.at,
        actor=entry.actor,
        reason=entry.reason,
        detail=dict(entry.detail),
    )
