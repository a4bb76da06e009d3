"""/healthz, /readyz and /metrics: how the plane itself is."""

from fastapi import APIRouter, Request, Response

from controlplane.plane import Plane

__all__ = ["router"]

router = APIRouter(tags=["health"])
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNAVAILABLE = 503
_LEADS = b"""# HELP trimtab_leads Whether this control plane leads; it stands by where another one does.
# TYPE trimtab_leads gauge
trimtab_leads %d
"""


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request, response: Response) -> dict[str, str]:
    """Whether this one leads, every target was asked once and every route was read once."""
    plane: Plane | None = request.app.state.plane
    if plane is None:
        response.status_code = UNAVAILABLE
        return {"status": "standby", "reason": request.app.state.leader}
    unasked = [n for n, t in plane.live.targets.items() if t.reason == "not scraped yet"]
    unread = [name for name in plane.routers if name not in plane.live.traffic]
    if unasked or unread:
        response.status_code = UNAVAILABLE
        return {"status": "starting", "reason": f"not yet asked: {', '.join(unasked + unread)}"}
    return {"status": "ready"}


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The plane's own metrics, text format 0.0.4; of one that stands by, only that it does."""
    plane: Plane | None = request.app.state.plane
    page = _LEADS % 0 if plane is None else _LEADS % 1 + plane.telemetry.page()
    return Response(page, media_type=METRICS_TYPE)
