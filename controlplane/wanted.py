"""Which series of a target are used: all that is counted, and what its kind of server is read by."""

from controlplane.plane import Plane
from controlplane.spec import TargetSpec
from probes.gpu_join import GPU_NAMES
from probes.indicators import Shape
from probes.server_profile import ServerProfile

__all__ = ["wanted_names"]

START_TIME = frozenset({"process_start_time_seconds"})
UNKNOWN: frozenset[str] = frozenset()


def wanted_names(plane: Plane, target: TargetSpec) -> frozenset[str]:
    """Return the names of the samples that are used; empty while that is not known.

    The same object is returned for as long as nothing changes.
    """
    server = plane.live.targets[target.name].server
    counted = plane.counting.names(target.name)
    known = plane.live.wanted.get(target.name)
    if known is not None and known[0] is counted and known[1] == server:
        return known[2]
    profile = next((found for found in plane.profiles if found.name == server), None)
    wanted = UNKNOWN
    if profile is not None and profile.ratios and not plane.config.storage.recent:
        promised = (promise.names for promise in plane.promises_of(target.service))
        wanted = START_TIME.union(counted, *promised)
        if _is_managed(plane, target.service):
            wanted |= _names_of(profile)
        if any(
            spec.scale and spec.scale.gpu_utilization for spec in plane.config.services.values()
        ):
            wanted |= GPU_NAMES
        wanted |= plane.canaries.gauge_names(target.service)
        if plane.canaries.asks_gpus:
            wanted |= GPU_NAMES
    plane.live.wanted[target.name] = (counted, server, wanted)
    return wanted


def _is_managed(plane: Plane, service: str) -> bool:
    """Whether versions of the service are compared, or replicas wished for."""
    spec = plane.config.services.get(service)
    return spec is not None and (spec.route is not None or spec.scale is not None)


def _names_of(profile: ServerProfile) -> set[str]:
    """Return the names by which a kind of server is judged, compared and scaled."""
    names = {
        selector.name
        for ratio in profile.ratios
        for selector in (*ratio.total, *ratio.good, *ratio.bad)
    }
    for one in profile.distributions:
        if one.name == "latency" and one.shape is Shape.HISTOGRAM:
            names |= {one.family.name + suffix for suffix in ("_bucket", "_count", "_sum")}
    for level in profile.levels:
        if level.name in profile.held:
            names |= {selector.name for selector in level.series}
    if profile.identity is not None:
        names.add(profile.identity.family)
    if profile.mirror is not None:
        names |= profile.mirror.names
    return names
