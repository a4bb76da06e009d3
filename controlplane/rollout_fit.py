"""Whether a rollout's strategy can be had from the service's router, and be judged by its pages."""

from controlplane.decide.rollout_plan import Strategy
from controlplane.errors import Refused
from controlplane.plane import Plane
from controlplane.routers import Mirroring, replicas_of

__all__ = ["check_fit"]


def check_fit(plane: Plane, service: str, strategy: Strategy) -> None:
    """Refuse a strategy that the service's router cannot follow.

    Raises:
        Refused: The message says what it lacks.
    """
    if strategy is Strategy.SHADOW:
        _check_mirror(plane, service)


def _check_mirror(plane: Plane, service: str) -> None:
    route, profile = plane.config.services[service].route, plane.profile_of(service)
    parts = replicas_of(plane.routers[service]).values()
    if route is not None and not all(isinstance(part, Mirroring) for part in parts):
        msg = f"The router of {service}, {route.router}, cannot mirror requests."
        raise Refused(msg, hint="strategy canary moves a share of the users instead")
    if profile is not None and profile.mirror is None:
        msg = f"Pages of {profile.title} do not tell of mirrored requests, so none can be judged."
        raise Refused(msg, hint="strategy canary judges by the requests of users")
