"""What is known of a service whose rollouts are looked at before one is started."""

from collections.abc import Awaitable, Callable, Iterable

from controlplane import rollout_draft
from controlplane.decide.freeze import frozen
from controlplane.decide.rollout import RolloutSpec
from controlplane.decide.rollout_lint import LintFinding, RolloutFacts, lint_rollout
from controlplane.errors import Refused, RouterError
from controlplane.plane import Plane
from controlplane.routers.flag import FlagRouter
from controlplane.schemas import RolloutIn
from probes.exposition import Page
from probes.reading import Reading
from slo import LatencySli, Selector

__all__ = ["lint_service"]

UNSAID = "?"
FREEZE_LOOKS = 48
"""A rollout's time is looked through for freezes in so many places."""
Look = Callable[[], Awaitable[None]]


async def lint_service(plane: Plane, service: str, *, look: Look) -> tuple[LintFinding, ...]:
    """Return whether rollouts of a service, as configured, are able to work.

    Args:
        plane: The plane.
        service: Whose rollouts.
        look: Waits until every page was read anew.

    Raises:
        NotFound: No such service.
    """
    asked = RolloutIn(service=service, version=UNSAID, against="" if _ours(plane, service) else "-")
    try:
        spec = rollout_draft.draft(plane, asked).spec
    except Refused as error:
        found = LintFinding(code="cannot-start", note=False, fact=str(error), fix=error.hint)
        return (found,)
    return lint_rollout(spec, await _facts(plane, spec, look))


def _ours(plane: Plane, service: str) -> bool:
    spec = plane.config.services.get(service)
    return spec is None or spec.route is None or not spec.route.external


async def _facts(plane: Plane, spec: RolloutSpec, look: Look) -> RolloutFacts:
    service = spec.service
    versions, fault = await _versions(plane, service)
    rate, errors = await _traffic(plane, service, versions, look)
    reading, notify = plane.reading_of(service), plane.config.notify
    return RolloutFacts(
        router_fault=fault,
        versions=versions,
        counted=reading is not None,
        replicas=len(plane.pages_of(service)),
        requests_per_second=rate,
        error_share=errors,
        odd_limits=tuple(_odd_limits(plane, service, reading)),
        slos=len(plane.promises_of(service)),
        ready_probe=any(probe.kind == "ready" for probe in plane.config.services[service].probes),
        someone_told=any(notify.receivers.values()),
        frozen=_frozen(plane, spec),
        learns_versions=isinstance(plane.routers.get(service), FlagRouter),
    )


async def _versions(plane: Plane, service: str) -> tuple[tuple[str, ...] | None, str]:
    """Return the versions that a router knows, or why it cannot be asked."""
    router = plane.routers.get(service)
    if router is None:
        return None, ""
    try:
        return tuple(sorted(await router.read_weights())), ""
    except RouterError as error:
        return None, str(error)


async def _traffic(
    plane: Plane, service: str, versions: tuple[str, ...] | None, look: Look
) -> tuple[float | None, float | None]:
    """Return requests a second, and the share of them that were bad; None where it cannot be known."""
    await look()
    reading, route = plane.reading_of(service), plane.config.services[service].route
    if reading is None or route is None or not versions:
        return None, None
    first, begun = _counted(plane, reading, route.name, versions), _asked_at(plane, service)
    await look()
    total, part = _counted(plane, reading, route.name, versions)
    seconds = _asked_at(plane, service) - begun
    asked = max(0.0, total - first[0])
    if seconds <= 0.0:
        return None, None
    rest = max(0.0, part - first[1])
    bad = rest if reading.counts_bad else max(0.0, asked - rest)
    return asked / seconds, bad / asked if asked else None


def _counted(
    plane: Plane, reading: Reading, model: str, versions: Iterable[str]
) -> tuple[float, float]:
    """Return all requests that the pages show, and their bad or good part."""
    total, part = 0.0, 0.0
    pages = [page for name, page in plane.live.pages.items() if name in _names(plane, reading)]
    for version in versions if reading.by_label else (UNSAID,):
        total += _sum(pages, reading.requests(model=model, version=version))
        part += _sum(pages, reading.part(model=model, version=version))
    return total, part


def _names(plane: Plane, reading: Reading) -> set[str]:
    servers = plane.live.targets
    return {name for name, standing in servers.items() if standing.server == reading.profile.name}


def _sum(pages: Iterable[Page], selectors: tuple[Selector, ...]) -> float:
    return sum(
        float(page.values[position])
        for page in pages
        for position, (name, labels) in enumerate(page.layout.series)
        if any(selector.selects(name, labels) for selector in selectors)
    )


def _asked_at(plane: Plane, service: str) -> float:
    """Return when the pages of a service were read, on average, Unix seconds."""
    standings = (plane.live.targets[target.name].at for target in plane.targets_of(service))
    moments = [at for at in standings if at is not None]
    return sum(moments) / len(moments) if moments else 0.0


def _odd_limits(plane: Plane, service: str, reading: Reading | None) -> Iterable[str]:
    """Yield latency limits of SLOs that are at no edge of the histogram by which versions are judged."""
    if reading is None or reading.latency is None or not reading.edges:
        return
    for promise in plane.promises_of(service):
        sli = promise.slo.sli
        if not isinstance(sli, LatencySli) or sli.histogram.name != reading.latency.family.name:
            continue
        limit = reading.latency.scaled(str(sli.limit))
        if limit not in reading.edges:
            near = sorted(reading.edges, key=lambda edge: abs(edge - limit))[:2]
            edges = " and ".join(f"{edge:g} s" for edge in sorted(near))
            yield f"{promise.slo.name}: {limit:g} s is no edge of the buckets; next to it are {edges}"


def _frozen(plane: Plane, spec: RolloutSpec) -> str:
    """Return the first freeze that a rollout which begins now would meet."""
    step = spec.horizon_seconds / FREEZE_LOOKS
    moments = (plane.now() + step * number for number in range(FREEZE_LOOKS + 1))
    found = (frozen(plane.freezes, spec.service, now=moment) for moment in moments)
    return next((why for why in found if why), "")
