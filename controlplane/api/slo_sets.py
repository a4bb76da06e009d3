"""/v1/slo-sets: files of SLOs that are applied over REST, a set at a time."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, status

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.schemas import SloChangeOut, SloSetChangeOut, SloSetIn, SloSetOut
from controlplane.slo_desk import SloChange, apply_set, planned, read_set, remove_set

__all__ = ["router"]

SetName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
router = APIRouter(prefix="/v1/slo-sets", tags=["slos"])


@router.get("")
async def list_sets(plane: PlaneHere) -> Listing[SloSetOut]:
    """Every set that was applied, and whether it is watched."""
    return listing(
        SloSetOut(
            name=kept.name,
            applied_at=kept.applied_at,
            slos=tuple(sorted(plane.live.slo_sets.get(kept.name, ()))),
            files=tuple(sorted(kept.files)),
            reason=plane.live.slo_set_faults.get(kept.name, ""),
        )
        for kept in plane.slo_sets.list()
    )


@router.put("/{name}")
async def put_set(
    name: SetName,
    wanted: SloSetIn,
    plane: PlaneHere,
    *,
    dryRun: bool = False,  # noqa: N803 -- the name of the query
) -> SloSetChangeOut:
    """Watch what these files promise, and nothing else of this set."""
    promises = await asyncio.to_thread(read_set, plane, wanted.files)
    if dryRun:
        changes = planned(plane, name, promises)
    else:
        changes = apply_set(plane, name, wanted.files, promises, prune=wanted.prune)
    return SloSetChangeOut(name=name, applied=not dryRun, changes=tuple(map(_out, changes)))


@router.delete("/{name}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_set(name: SetName, plane: PlaneHere) -> None:
    """Watch a set no longer; what was counted stays for when it comes back."""
    remove_set(plane, name)


def _out(change: SloChange) -> SloChangeOut:
    return SloChangeOut(
        name=change.name,
        change=change.change,
        differences=change.differences,
        keeps_counts=change.keeps_counts,
    )
