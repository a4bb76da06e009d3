"""Which server is this, and which SLOs can it carry: a look at one address or file."""

from pathlib import Path
from typing import Any

from controlplane.errors import InvalidConfig
from controlplane.schemas import DetectionOut, IndicatorOut, ModelOut, SystemOut
from controlplane.suggested_slos import suggest_slos
from probes.detection import Detected, Found, detect
from probes.errors import InvalidAddress, UnreadableMetrics
from probes.exposition import Format, Limits, Page, read_slow
from probes.http_session import make_session
from probes.indicators import Distribution, Level, Ratio
from probes.layout_cache import LayoutCache
from probes.page_client import PageClient
from probes.page_faults import page_faults
from probes.page_request import PageRequest, page_request
from probes.plugins import installed
from probes.recognition_by_api import recognise_by_api
from probes.scrape_outcome import Outcome, Scrape
from probes.scraping import scrape
from probes.server_profile import ServerProfile
from slo import Selector

__all__ = ["look_at", "page_at"]

DEADLINE_SECONDS = 10.0
MOST_BYTES = 64 << 20
LIMITS = Limits(samples=500_000, lines=2_000_000)
END = b"# EOF"


async def look_at(where: str, *, service: str) -> DetectionOut:
    """Look once.

    Args:
        where: Address of a metrics page, or a file that holds one.
        service: Whose SLOs are proposed.

    Raises:
        InvalidConfig: It is neither an address nor a file that can be read.
    """
    profiles = tuple(installed("trimtab.servers").values())
    if "://" not in where:
        page = _read(Path(where))
        scraped = Scrape(
            outcome=Outcome.OK if len(page.values) else Outcome.EMPTY, reason="ok", page=page
        )
        return _told(where, scraped, detect(page, profiles), service)
    try:
        request = page_request(where)
    except InvalidAddress as error:
        raise InvalidConfig(str(error)) from error
    scraped = await _ask(request)
    found = () if scraped.page is None else detect(scraped.page, profiles)
    if not found:
        found = await _by_api(where, scraped, profiles)
    return _told(where, scraped, found, service)


async def page_at(where: str) -> Page:
    """Return the metrics page of an address or a file.

    Raises:
        InvalidConfig: There is none that can be read.
    """
    if "://" not in where:
        return _read(Path(where))
    try:
        scraped = await _ask(page_request(where))
    except InvalidAddress as error:
        raise InvalidConfig(str(error)) from error
    if scraped.page is None:
        msg = f"{where} shows no metrics page: {scraped.reason}"
        raise InvalidConfig(msg, hint="trimtab detect tells more")
    return scraped.page


def _read(path: Path) -> Page:
    try:
        with path.open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    except OSError as error:
        msg = f"{path} is no file that can be read: {error.strerror}."
        raise InvalidConfig(msg, hint="an address begins with http:// or https://") from error
    if len(body) > MOST_BYTES:
        msg = f"{path} is larger than {MOST_BYTES >> 20} MiB. Is it a metrics page?"
        raise InvalidConfig(msg)
    form = Format.OPENMETRICS if body.rstrip(b"\n").endswith(END) else Format.TEXT
    try:
        return read_slow(body, LIMITS, form)
    except UnreadableMetrics as error:
        msg = f"{path}: {error}"
        raise InvalidConfig(msg) from error


async def _ask(request: PageRequest) -> Scrape:
    async with PageClient() as client:
        return await scrape(
            client,
            request,
            LayoutCache(),
            deadline=DEADLINE_SECONDS,
            body_limit=MOST_BYTES,
            limits=LIMITS,
        )


async def _by_api(
    where: str, scraped: Scrape, profiles: tuple[ServerProfile, ...]
) -> tuple[Detected, ...]:
    """Ask other paths of the same server: a fresh one has not counted anything yet."""
    async with make_session() as session:
        return await recognise_by_api(session, where, profiles, page=scraped.page)


def _told(where: str, scraped: Scrape, found: tuple[Detected, ...], service: str) -> DetectionOut:
    page = scraped.page
    return DetectionOut(
        target=where,
        outcome=scraped.outcome.value,
        reason=scraped.reason,
        samples=0 if page is None else len(page.values),
        systems=_with_names_of_their_own([_system(one, page, service) for one in found]),
        faults=() if page is None else page_faults(page),
    )


def _with_names_of_their_own(systems: list[SystemOut]) -> tuple[SystemOut, ...]:
    """Return the systems; SLOs of the second and further ones are named after their system too."""
    taken: set[str] = set()
    for system in systems:
        for document in system.slos:
            metadata = document["metadata"]
            if isinstance(metadata, dict):
                if metadata["name"] in taken:
                    metadata["name"] = f"{system.system}-{metadata['name']}"[:63].strip("-")
                taken.add(metadata["name"])
    return tuple(systems)


def _system(detected: Detected, page: Page | None, service: str) -> SystemOut:
    profile = detected.profile
    return SystemOut(
        system=profile.name,
        title=profile.title,
        confidence=detected.confidence,
        signature=detected.signature,
        models=tuple(ModelOut(model=m, versions=v) for m, v in detected.models.items()),
        doubtful=dict(detected.doubtful),
        indicators=tuple(map(_indicator, detected.found)),
        missing=detected.missing,
        blind_spots=profile.blind_spots,
        see_more=profile.see_more,
        slos=() if page is None else suggest_slos(detected, page, service=service),
    )


def _indicator(found: Found) -> IndicatorOut:
    one = found.indicator
    also = tuple(_queries(other.needs) for other in found.also)
    common: dict[str, Any] = {"name": one.name, "sampled": found.sampled, "also": also}
    if isinstance(one, Ratio):
        return IndicatorOut(
            kind="ratio",
            source=one.source.title,
            good=_queries(one.good),
            bad=_queries(one.bad),
            total=_queries(one.total),
            form=one.form.value,
            **common,
        )
    if isinstance(one, Distribution):
        return IndicatorOut(
            kind=one.shape.value,
            source=one.source.title,
            family=str(one.family),
            unit=one.unit,
            scale=one.scale,
            edges=tuple(found.edges),
            form=one.form.value,
            **common,
        )
    return IndicatorOut(
        kind="level" if isinstance(one, Level) else "count",
        family=_queries(one.series),
        unit=one.unit,
        scale=one.scale if isinstance(one, Level) else 1.0,
        form="counter" if isinstance(one, Level) else one.form.value,
        **common,
    )


def _queries(selectors: tuple[Selector, ...]) -> str:
    return " + ".join(map(str, selectors))
