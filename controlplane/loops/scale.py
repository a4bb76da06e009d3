"""Work out how many replicas each service should have, from what it holds and how busy its GPUs are."""

from collections.abc import Iterable
from statistics import fmean

from controlplane.decide.scaling import Demand, ScalePolicy, wanted_replicas
from controlplane.live import ScalingStanding
from controlplane.plane import Plane
from controlplane.spec import ScaleSpec, TargetSpec
from probes.gpu_join import serving_gpus
from probes.reading import held_requests

__all__ = ["scale"]


async def scale(plane: Plane) -> None:
    """Sample the demand of every service that has a scale policy, and renew its wish."""
    for name, spec in plane.config.services.items():
        if spec.scale is not None:
            _scale_service(plane, name, spec.scale)


def _scale_service(plane: Plane, service: str, spec: ScaleSpec) -> None:
    targets = plane.targets_of(service)
    up = [target for target in targets if plane.live.targets[target.name].state == "up"]
    demand = _demand(plane, service, targets, up)
    policy = ScalePolicy(
        min_replicas=spec.min,
        max_replicas=spec.max,
        in_flight_per_replica=spec.in_flight,
        gpu_utilization=spec.gpu_utilization,
    )
    plane.live.scaling[service] = ScalingStanding(
        wish=wanted_replicas(policy, demand),
        in_flight=None if demand is None else demand.in_flight,
        replicas=len(up),
        gpu_utilization=None if demand is None else demand.gpu_utilization,
    )


def _demand(
    plane: Plane, service: str, targets: tuple[TargetSpec, ...], up: list[TargetSpec]
) -> Demand | None:
    """Return the mean demand of the look-back; None when nothing is known."""
    profile = plane.profile_of(service)
    recent, shares = plane.live.demands[service], plane.live.gpu_shares[service]
    if profile is None or not up:
        recent.clear()
        shares.clear()
        return None
    if profile.held:
        recent.append(sum(held_requests(profile, plane.live.pages[target.name]) for target in up))
    spec = plane.config.services[service].scale
    asked = spec is not None and spec.gpu_utilization is not None
    busy = _gpu_utilization(plane, up) if asked else None
    if busy is None:
        shares.clear()
    else:
        shares.append(busy)
    return Demand(
        in_flight=fmean(recent) if recent else None,
        replicas=len(targets),
        silent=len(targets) - len(up),
        gpu_utilization=fmean(shares) if shares else None,
    )


def _gpu_utilization(plane: Plane, up: Iterable[TargetSpec]) -> float | None:
    """Return how busy the GPUs are that serve these targets; any page may be DCGM's."""
    found = serving_gpus(plane.live.pages, (target.name for target in up)).values()
    busy = [one.utilization_ratio for one in found if one.utilization_ratio is not None]
    return fmean(busy) if busy else None
