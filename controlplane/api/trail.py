"""/v1/events and /v1/audit: what happened, and who did it."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.schemas import AuditOut, EventOut

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["trail"])


@router.get("/events")
async def list_events(
    plane: PlaneHere,
    subject: Annotated[str | None, Query(max_length=300)] = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
) -> Listing[EventOut]:
    """Events with an id after the cursor, oldest first."""
    found = plane.trail.events(subject=subject, after=after)
    return listing(EventOut(**asdict(entry)) for entry in found)


@router.get("/audit")
async def list_audit(plane: PlaneHere) -> Listing[AuditOut]:
    """The audit trail, newest first."""
    return listing(AuditOut(**asdict(entry)) for entry in plane.trail.audit())
