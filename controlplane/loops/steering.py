"""How a router is read and set: the hands of the rollout loop, which decide nothing."""

import asyncio

from controlplane.decide.route import RouteSetting
from controlplane.routers import Mirroring, Router

__all__ = ["read_route", "set_route"]


async def read_route(router: Router) -> RouteSetting:
    """Return what a router is set to.

    Raises:
        RouterError: It did not answer as it should.
    """
    if not isinstance(router, Mirroring):
        return RouteSetting(weights=await router.read_weights())
    weights, mirror = await asyncio.gather(router.read_weights(), router.read_mirror())
    return RouteSetting(weights=weights, mirror=mirror)


async def set_route(
    router: Router, observed: RouteSetting, wanted: RouteSetting, *, fencing: int = 0
) -> None:
    """Set what is not as wanted. What is mirrored ends before weights move, and begins after.

    Raises:
        RouterError: The router refused or did not answer.
    """
    mirrors = isinstance(router, Mirroring) and not observed.mirrors_as(wanted)
    if isinstance(router, Mirroring) and mirrors and wanted.mirror is None:
        await router.set_mirror(None, fencing=fencing)
    if not observed.weighs_as(wanted):
        await router.set_weights(wanted.weights, fencing=fencing)
    if isinstance(router, Mirroring) and mirrors and wanted.mirror is not None:
        await router.set_mirror(wanted.mirror, fencing=fencing)
