"""Keep each version's circuit breaker by what was counted and what probes found.

This loop only writes the breaker; the rollout loop, which alone moves traffic, follows it.
"""

from dataclasses import asdict

from controlplane.plane import Plane
from controlplane.spec import BreakerSpec
from controlplane.version_watch import VersionWatch
from probes.breaker import Breaker, decide, weight_factor

__all__ = ["protect"]


async def protect(plane: Plane) -> None:
    """Decide for every version of every service that has a breaker."""
    for service, spec in plane.config.services.items():
        traffic = plane.live.traffic.get(service)
        if spec.breaker is None or traffic is None or traffic.weights is None:
            continue
        for version in traffic.weights:
            _protect_version(plane, service, version, spec.breaker)


def _protect_version(plane: Plane, service: str, version: str, spec: BreakerSpec) -> None:
    watch = _watch(plane, service, version, spec)
    if watch is None:
        return
    now, who = plane.now(), (service, version)
    before = plane.live.breakers.get(who, Breaker(since=now))
    calls = watch.calls(now=now, seconds=min(spec.window, now - before.since))
    found = [p for (s, v, _), p in plane.live.probes.items() if (s, v) == who]
    policy = plane.breaker_policy(service)
    breaker = decide(
        before,
        calls,
        policy,
        probes_failed=max((probe.failures_in_row for probe in found), default=0),
        probes_fine=bool(found) and all(probe.ok for probe in found),
        now=now,
    )
    if breaker.state is not before.state:
        _write_down(plane, service, version, breaker)
    plane.live.breakers[who] = breaker
    plane.live.factors[who] = weight_factor(breaker, policy)


def _watch(plane: Plane, service: str, version: str, spec: BreakerSpec) -> VersionWatch | None:
    """Return the version's counts, which begin once the service's pages were recognised."""
    who = (service, version)
    reading, route = plane.reading_of(service), plane.config.services[service].route
    if reading is None or route is None:
        return plane.live.watches.get(who)
    watch = plane.live.watches.setdefault(who, VersionWatch(plane.counting, service, version))
    watch.begin(
        reading,
        model=route.name,
        targets=plane.sources_of(service, version, by_label=reading.by_label),
        slow_call_seconds=spec.slow_call,
    )
    return watch


def _write_down(plane: Plane, service: str, version: str, breaker: Breaker) -> None:
    with plane.engine.begin() as connection:
        plane.services.save_breaker(
            connection,
            service=service,
            version=version,
            state=asdict(breaker),
            now=breaker.since,
        )
        plane.trail.tell(
            connection,
            now=breaker.since,
            kind=f"breaker.{breaker.state}",
            subject=f"service/{service}",
            text=f"version {version}: {breaker.state}: {breaker.reason}",
        )
