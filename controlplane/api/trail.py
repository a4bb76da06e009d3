"""/v1/events and /v1/audit: what happened, and who did it."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.api.event_stream import event_stream
from controlplane.schemas import AuditOut, EventOut

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["trail"])


@router.get("/events", response_model=Listing[EventOut])
async def list_events(
    plane: PlaneHere,
    subject: Annotated[str | None, Query(max_length=300)] = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    accept: Annotated[str, Header(max_length=300)] = "",
    last_event_id: Annotated[int | None, Header(ge=0, le=2**63 - 1)] = None,
) -> Any:  # noqa: ANN401 -- a list, or a stream
    """Events with an id after the cursor, oldest first; a stream of them where that is accepted."""
    if "text/event-stream" in accept:
        told = event_stream(plane, subject=subject, after=last_event_id or after)
        return StreamingResponse(told, media_type="text/event-stream")
    found = plane.trail.events(subject=subject, after=after)
    return listing(EventOut(**asdict(entry)) for entry in found)


@router.get("/audit")
async def list_audit(plane: PlaneHere) -> Listing[AuditOut]:
    """The audit trail, newest first."""
    return listing(AuditOut(**asdict(entry)) for entry in plane.trail.audit())
