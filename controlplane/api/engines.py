"""/v1/engines and pasts that are told later: what SLOs know beyond our own pages."""

from fastapi import APIRouter

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.api.slos import promise_of
from controlplane.past_desk import tell_past
from controlplane.schemas import BackfillIn, BackfillOut, EngineFeedOut

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["slos"])


@router.get("/engines")
async def list_feeds(plane: PlaneHere) -> Listing[EngineFeedOut]:
    """Every SLO that is counted on an engine's samples, and how the last look went."""
    urls = {name: spec.url for name, spec in plane.config.storage.all_engines.items()}
    return listing(
        EngineFeedOut(
            slo=feed.slo,
            engine=feed.engine,
            url=urls[feed.engine],
            ok=feed.ok,
            reason=feed.reason,
            newest_at=feed.newest,
            read_until=feed.until,
            targets=len(feed.sources),
            notes=feed.notes,
        )
        for feed in plane.live.feeds.values()
    )


@router.post("/slos/{name}/past")
async def add_past(name: str, past: BackfillIn, plane: PlaneHere) -> BackfillOut:
    """Take up what happened before an SLO was counted here; what is known already is passed over."""
    return tell_past(plane, promise_of(plane, name), past)
