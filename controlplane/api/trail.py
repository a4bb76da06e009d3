"""/v1/events and /v1/audit: what happened, and who did it."""

from dataclasses import asdict

from fastapi import APIRouter

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.schemas import AuditOut, EventOut

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["trail"])


@router.get("/events")
async def list_events(
    plane: PlaneHere, subject: str | None = None, after: int = 0
) -> Listing[EventOut]:
    """Events with an id after the cursor, oldest first."""
    found = plane.trail.events(subject=subject, after=after)
    return listing(EventOut(**asdict(entry)) for entry in found)


@router.get("/audit")
async def list_audit(plane: PlaneHere) -> Listing[AuditOut]:
    """The audit trail, newest first."""
    return listing(AuditOut(**asdict(entry)) for entry in plane.trail.audit())
