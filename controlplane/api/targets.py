"""/v1/targets and /v1/discovery: the metrics pages that are watched, and where they are found."""

from functools import partial
from math import isfinite
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, status

from controlplane.api.access import Listing, PageHere, PlaneHere, listing, page_of
from controlplane.errors import InvalidConfig, NotFound, Refused
from controlplane.live import TargetStanding
from controlplane.plane import Plane
from controlplane.schemas import DiscoveryOut, SeriesOut, TargetOut, TargetSpecOut, TargetStatusOut
from controlplane.spec import TargetSpec
from controlplane.target_desk import add_target, checked_target, remove_target
from slo import InvalidSelector, parse_selectors

__all__ = ["router"]

MOST_SERIES = 100

router = APIRouter(prefix="/v1", tags=["targets"])


@router.get("/discovery")
async def list_discovery(plane: PlaneHere) -> Listing[DiscoveryOut]:
    """Where targets are found, and how the last look went."""
    return listing(_discovery(plane, origin) for origin in plane.discoverers)


@router.get("/targets")
async def list_targets(plane: PlaneHere, page: PageHere) -> Listing[TargetOut]:
    """Every metrics page that is watched, and how its last scrape went."""
    return page_of(
        plane.book.targets, page, key=lambda target: target.name, shape=partial(_out, plane)
    )


@router.get("/targets/{name}")
async def show_target(name: str, plane: PlaneHere) -> TargetOut:
    """One of them."""
    target = plane.book.get(name)
    if target is None:
        msg = f"No target {name!r}."
        raise NotFound(msg, hint="trimtab target list shows all of them")
    return _out(plane, target)


@router.get("/targets/{name}/series")
async def list_series(
    name: str,
    plane: PlaneHere,
    *,
    match: Annotated[str, Query(max_length=4096)],
    seconds: Annotated[float, Query(gt=0, le=86400)] = 3600.0,
) -> Listing[SeriesOut]:
    """What series of a target showed lately; ``match`` is a selector such as ``up{job="a"}``.

    Only where trimtab.yaml says ``storage: {recent: 1h}``; at most 100 series.
    """
    if plane.book.get(name) is None:
        msg = f"No target {name!r}."
        raise NotFound(msg, hint="trimtab target list shows all of them")
    if not plane.config.storage.recent:
        msg = "No series are kept."
        raise Refused(msg, hint="write storage: {recent: 1h} in trimtab.yaml")
    try:
        selectors = parse_selectors(match)
    except InvalidSelector as error:
        raise InvalidConfig(str(error)) from error
    since = plane.now() - seconds
    found = plane.recent.read(name, selectors, since=since, most=MOST_SERIES)
    return listing(
        SeriesOut(
            name=one.name, labels=one.labels, times=one.times, values=tuple(map(_shown, one.values))
        )
        for one in found
    )


@router.post("/targets", status_code=status.HTTP_201_CREATED)
async def create_target(
    plane: PlaneHere,
    document: Annotated[dict[str, Any], Body()],
    *,
    dryRun: bool = False,  # noqa: N803 -- the name of the query
) -> TargetOut:
    """Watch a page; the body is a target as trimtab.yaml writes it."""
    target = checked_target(document)
    if dryRun:
        return _out(plane, target)
    add_target(plane, target)
    return _out(plane, target)


@router.delete("/targets/{name}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_target(name: str, plane: PlaneHere) -> None:
    """Watch a page no longer."""
    remove_target(plane, name)


def _discovery(plane: Plane, origin: str) -> DiscoveryOut:
    standing = plane.live.discoveries.get(origin)
    return DiscoveryOut(
        name=origin,
        ok=None if standing is None else standing.ok,
        reason="not looked yet" if standing is None else standing.reason,
        at=None if standing is None else standing.at,
        targets=len(plane.book.of_origin(origin)),
        refused=dict(plane.book.refused(origin)),
    )


def _shown(value: float) -> float | None:
    return value if isfinite(value) else None  # JSON has no other numbers


def _out(plane: Plane, target: TargetSpec) -> TargetOut:
    known = plane.book.get(target.name) is not None
    standing = plane.live.targets.get(target.name) or TargetStanding()
    filtering = plane.asking.filter_of(target.name)
    return TargetOut(
        name=target.name,
        spec=TargetSpecOut(
            url=target.url,
            service=target.service,
            version=target.version,
            interval_seconds=target.interval,
        ),
        status=TargetStatusOut(
            state=standing.state,
            reason=standing.reason,
            last_scrape_at=standing.at,
            samples=standing.samples,
            server=standing.server,
            origin=plane.book.origin(target.name) if known else "not watched",
            asked_names=f"{filtering.state}: {filtering.reason}",
        ),
    )
