"""/healthz, /readyz and /metrics: how the plane itself is."""

from fastapi import APIRouter, Response

from controlplane.api.access import PlaneHere

__all__ = ["router"]

router = APIRouter(tags=["health"])
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNAVAILABLE = 503


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(plane: PlaneHere, response: Response) -> dict[str, str]:
    """Whether every target was asked once and every route was read once."""
    unasked = [n for n, t in plane.live.targets.items() if t.reason == "not scraped yet"]
    unread = [name for name in plane.routers if name not in plane.live.traffic]
    if unasked or unread:
        response.status_code = UNAVAILABLE
        return {"status": "starting", "reason": f"not yet asked: {', '.join(unasked + unread)}"}
    return {"status": "ready"}


@router.get("/metrics")
async def metrics(plane: PlaneHere) -> Response:
    """The plane's own metrics, text format 0.0.4."""
    return Response(plane.telemetry.page(), media_type=METRICS_TYPE)
