"""How a router is read and set: the hands of the rollout loop, which decide nothing."""

import asyncio

from controlplane.decide.route import RouteSeen, RouteSetting, WantedRoute
from controlplane.errors import RouterError
from controlplane.routers import Mirroring, Router, replicas_of

__all__ = ["read_route", "set_route"]


async def read_route(router: Router) -> RouteSeen:
    """Return what a router is set to, replica by replica.

    Raises:
        RouterError: It did not answer as it should, or none of its replicas did.
    """
    replicas = replicas_of(router)
    found = await asyncio.gather(*map(_read, replicas.values()), return_exceptions=True)
    seen: dict[str, RouteSetting | None] = {}
    for name, setting in zip(replicas, found, strict=True):
        if isinstance(setting, BaseException) and not isinstance(setting, RouterError):
            raise setting
        seen[name] = None if isinstance(setting, BaseException) else setting
    if not any(setting is not None for setting in seen.values()):
        raise next(error for error in found if isinstance(error, BaseException))
    return RouteSeen(replicas=seen)


async def set_route(
    router: Router, observed: RouteSeen, wanted: WantedRoute, *, fencing: int = 0
) -> tuple[str, ...]:
    """Set the replicas that are due; return their names. One that refuses does not hold up others.

    Raises:
        RouterError: One of them refused or did not answer.
    """
    replicas, due = replicas_of(router), observed.due(wanted)
    done = await asyncio.gather(
        *(
            _set(replicas[name], observed.replicas[name], wanted.settings[name], fencing)
            for name in due
        ),
        return_exceptions=True,
    )
    for error in done:
        if error is not None:
            raise error
    return due


async def _read(router: Router) -> RouteSetting:
    if not isinstance(router, Mirroring):
        return RouteSetting(weights=await router.read_weights())
    weights, mirror = await asyncio.gather(router.read_weights(), router.read_mirror())
    return RouteSetting(weights=weights, mirror=mirror)


async def _set(
    router: Router, observed: RouteSetting | None, wanted: RouteSetting, fencing: int
) -> None:
    """Set what is not as wanted. What is mirrored ends before weights move, and begins after."""
    mirrors = isinstance(router, Mirroring) and not (observed and observed.mirrors_as(wanted))
    if isinstance(router, Mirroring) and mirrors and wanted.mirror is None:
        await router.set_mirror(None, fencing=fencing)
    if observed is None or not observed.weighs_as(wanted):
        await router.set_weights(wanted.weights, fencing=fencing)
    if isinstance(router, Mirroring) and mirrors and wanted.mirror is not None:
        await router.set_mirror(wanted.mirror, fencing=fencing)
