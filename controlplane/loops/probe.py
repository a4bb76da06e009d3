"""Ask every version how it is: is it ready, and does it know an answer that we know."""

import asyncio
from dataclasses import dataclass

from controlplane.live import ProbeStanding
from controlplane.plane import Plane
from controlplane.spec import ProbeSpec
from probes.answers import ProbeResult, worst
from probes.health import check_ready
from probes.inference import Golden, ask_golden

__all__ = ["Question", "ask", "questions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One probe of one service, asked of each of its versions, at each of its replicas."""

    service: str
    urls: tuple[str, ...]
    model: str
    probe: ProbeSpec
    golden: Golden | None


def questions(plane: Plane) -> tuple[Question, ...]:
    """Return every probe of trimtab.yaml, with its known answer."""
    return tuple(
        Question(
            service=name,
            urls=spec.route.addresses,
            model=spec.route.name,
            probe=probe,
            golden=plane.goldens[probe.golden] if probe.golden else None,
        )
        for name, spec in plane.config.services.items()
        if spec.route is not None and spec.route.addresses
        for probe in spec.probes
    )


async def ask(plane: Plane, question: Question) -> None:
    """Ask every version that the router knows, side by side."""
    versions = _versions(plane, question.service)
    await asyncio.gather(*(_ask_version(plane, question, version) for version in versions))
    plane.probe_page.publish()


def _versions(plane: Plane, service: str) -> tuple[str, ...]:
    """Return whom to ask; a flag learns of a version when a rollout brings it, and not before."""
    traffic, route = plane.live.traffic.get(service), plane.config.services[service].route
    known = {} if traffic is None or traffic.weights is None else dict(traffic.weights)
    if known and route is not None and route.flag:
        active = plane.rollouts.list(service=service, active=True)
        known |= {rollout.spec.version: 0.0 for rollout in active}
    return tuple(known)


async def _ask_version(plane: Plane, question: Question, version: str) -> None:
    result = await _result(plane, question, version)
    if result is None:
        return
    service, kind = question.service, question.probe.kind
    if result.ok is not None:
        plane.probe_page.count(service, version, kind, ok=result.ok)
    before = plane.live.probes.get((service, version, kind))
    in_row = 0 if before is None else before.failures_in_row
    if result.ok is not None:
        in_row = 0 if result.ok else in_row + 1
    good, total = plane.probe_page.counts(service, version, kind)
    plane.live.probes[service, version, kind] = ProbeStanding(
        ok=result.ok,
        reason=result.reason,
        seconds=result.seconds,
        at=plane.now(),
        good=good,
        total=total,
        failures_in_row=in_row,
    )


async def _result(plane: Plane, question: Question, version: str) -> ProbeResult | None:
    """Ask once; None while the service's kind of server is not known yet."""
    profile = plane.profile_of(question.service)
    if profile is None:
        return None
    paths = {"ready": profile.ready_path, "inference": profile.infer_path}
    if not paths[question.probe.kind]:
        return None
    path = paths[question.probe.kind].format(model=question.model, version=version)
    answers = (_ask_replica(plane, question, url + path) for url in question.urls)
    return worst(await asyncio.gather(*answers))


async def _ask_replica(plane: Plane, question: Question, url: str) -> ProbeResult:
    deadline = question.probe.timeout
    if question.golden is None:
        return await check_ready(plane.http, url, deadline=deadline)
    return await ask_golden(plane.http, url, question.golden, deadline=deadline)
