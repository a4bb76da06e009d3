"""/v1/breakers: which versions are kept out of traffic, and orders to them."""

from fastapi import APIRouter

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.breaker_desk import order_breaker
from controlplane.plane import Plane
from controlplane.schemas import BreakerOut, VerbIn

__all__ = ["router"]

router = APIRouter(prefix="/v1/breakers", tags=["breakers"])


@router.get("")
async def list_breakers(plane: PlaneHere) -> Listing[BreakerOut]:
    """Every circuit breaker."""
    return listing(_out(plane, *who) for who in sorted(plane.live.breakers))


@router.post("/{service}/{version}:open")
async def open_breaker(
    service: str, version: str, plane: PlaneHere, why: VerbIn | None = None
) -> BreakerOut:
    """Keep a version out of traffic until somebody resets it."""
    return _order(plane, service, version, "open", why)


@router.post("/{service}/{version}:close")
async def close_breaker(
    service: str, version: str, plane: PlaneHere, why: VerbIn | None = None
) -> BreakerOut:
    """Keep a version in traffic, whatever happens, until somebody resets it."""
    return _order(plane, service, version, "close", why)


@router.post("/{service}/{version}:reset")
async def reset_breaker(
    service: str, version: str, plane: PlaneHere, why: VerbIn | None = None
) -> BreakerOut:
    """Give a breaker back to its rules, closed."""
    return _order(plane, service, version, "reset", why)


def _order(plane: Plane, service: str, version: str, verb: str, why: VerbIn | None) -> BreakerOut:
    order_breaker(plane, service, version, verb, reason=why.reason if why else "")
    return _out(plane, service, version)


def _out(plane: Plane, service: str, version: str) -> BreakerOut:
    breaker = plane.live.breakers[service, version]
    return BreakerOut(
        service=service,
        version=version,
        state=breaker.state.value,
        weight_factor=plane.live.factors.get((service, version), 1.0),
        reason=breaker.reason,
        since=breaker.since,
    )
