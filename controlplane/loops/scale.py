"""Work out how many replicas each service should have, from the requests it holds."""

from statistics import fmean

from controlplane.decide.scaling import Demand, ScalePolicy, wanted_replicas
from controlplane.live import ScalingStanding
from controlplane.plane import Plane
from controlplane.spec import ScaleSpec
from probes.reading import held_requests

__all__ = ["scale"]


async def scale(plane: Plane) -> None:
    """Sample the demand of every service that has a scale policy, and renew its wish."""
    for name, spec in plane.config.services.items():
        if spec.scale is not None:
            _scale_service(plane, name, spec.scale)


def _scale_service(plane: Plane, service: str, spec: ScaleSpec) -> None:
    targets = plane.targets_of(service)
    up = [
        plane.live.pages[target.name]
        for target in targets
        if plane.live.targets[target.name].state == "up"
    ]
    profile = plane.profile_of(service)
    recent = plane.live.demands[service]
    if profile is None or not up:
        recent.clear()
        demand = None
    else:
        recent.append(sum(held_requests(profile, page) for page in up))
        silent = len(targets) - len(up)
        demand = Demand(in_flight=fmean(recent), replicas=len(targets), silent=silent)
    policy = ScalePolicy(
        min_replicas=spec.min, max_replicas=spec.max, in_flight_per_replica=spec.in_flight
    )
    plane.live.scaling[service] = ScalingStanding(
        wish=wanted_replicas(policy, demand),
        in_flight=None if demand is None else demand.in_flight,
        replicas=len(up),
    )
