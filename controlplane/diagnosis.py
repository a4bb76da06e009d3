"""What is configured, reachable and missing: `trimtab doctor`, each finding with its fix."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from controlplane.asking import Asking, limits_of
from controlplane.building import (
    make_discoverers,
    make_engines,
    make_freezes,
    make_goldens,
    make_notifiers,
    make_promises,
    make_registry,
    make_routers,
)
from controlplane.engines.prometheus import PrometheusEngine
from controlplane.errors import EngineError, TrimtabError
from controlplane.opening import database_address
from controlplane.promise import Promise
from controlplane.spec import Config, TargetSpec
from controlplane.store.database import open_database
from probes.clock import SystemClock
from probes.detection import Found, detect
from probes.exposition import Page
from probes.indicators import Distribution, Shape
from probes.layout_cache import LayoutCache
from probes.page_client import PageClient
from probes.page_faults import page_faults
from probes.plugins import installed
from probes.provenance import rests_on
from probes.scrape_outcome import Outcome, Scrape
from probes.scraping import scrape
from slo import NoSuchEdge, Selector, UnsupportedSpec, resolve_sli

__all__ = ["Finding", "Level", "diagnose"]


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what about, the fact, and what to do."""

    level: Level
    subject: str
    fact: str
    fix: str = ""


FIXES = {
    Outcome.TIMEOUT: "raise timeout of the target; a busy server answers late",
    Outcome.REFUSED: "is it running, and are host and port right?",
    Outcome.TOO_LARGE: "raise limits.body_bytes of the target, or have it print less",
    Outcome.BAD_STATUS: "check the path, and auth of the target",
    Outcome.BAD_TYPE: "check the path: this is another page",
    Outcome.UNREADABLE: "the server prints what Prometheus would refuse too",
    Outcome.EMPTY: "it counts nothing yet: send it a request, or check which page this is",
}


HOUR_SECONDS = 3600.0
MOST_ALIASES = 20


async def diagnose(config: Config, *, beside: Path) -> tuple[Finding, ...]:
    """Look at everything that trimtab.yaml names."""
    findings = [*_parts(config, beside), *await _followed(config)]
    async with PageClient() as client:
        asking = Asking(SystemClock(), beside)
        looks = await asyncio.gather(*(_look(client, asking, one) for one in config.targets))
    for target, scraped in zip(config.targets, looks, strict=True):
        findings += _of_target(target, scraped)
    pages = {
        target.name: scraped.page
        for target, scraped in zip(config.targets, looks, strict=True)
        if scraped.page is not None
    }
    try:
        promises = make_promises(config, beside=beside)
    except TrimtabError:
        promises = {}  # told among the parts
    engines = _engines(config)
    for promise in promises.values():
        if promise.engine:
            engine = engines.get(promise.engine)
            if engine is not None:  # else it was told among the parts
                findings.append(await asyncio.to_thread(_on_engine, promise, engine))
            continue
        service = promise.slo.service
        mine = [t.name for t in config.targets if t.service == service and t.name in pages]
        findings.append(_of_promise(promise, [pages[name] for name in mine]))
    return tuple(findings)


def _parts(config: Config, beside: Path) -> Iterable[Finding]:
    """Build each part alone, so that one fault does not hide another."""
    database = database_address(config.storage.database, beside)
    makers: dict[str, Callable[[], object]] = {
        "routers": lambda: make_routers(config),
        "receivers": lambda: make_notifiers(config),
        "slos": lambda: make_promises(config, beside=beside),
        "golden questions": lambda: make_goldens(config, beside=beside),
        "discovery": lambda: make_discoverers(config, beside=beside),
        "engines": lambda: make_engines(config),
        "freezes": lambda: {each.name: each for each in make_freezes(config)},
        "database": lambda: open_database(database).dispose(),
    }
    for subject, make in makers.items():
        try:
            made = make()
        except TrimtabError as error:
            yield Finding(level=Level.FAIL, subject=subject, fact=str(error), fix=error.hint)
        else:
            count = f"{len(made)} of them" if isinstance(made, dict) else "can be opened"
            yield Finding(level=Level.OK, subject=subject, fact=count)


async def _followed(config: Config) -> list[Finding]:
    """Ask the model registry where the aliases stand that are followed."""
    try:
        registry = make_registry(config)
    except TrimtabError as error:
        told = Finding(level=Level.FAIL, subject="registry", fact=str(error), fix=error.hint)
        return [told]
    if registry is None:
        return []
    found = []
    for each in registry.spec.models[:MOST_ALIASES]:
        subject = f"registry {each.model}@{each.alias}"
        try:
            version = await registry.version_at(each.model, each.alias)
        except EngineError as error:
            fault = Finding(level=Level.FAIL, subject=subject, fact=str(error), fix=error.hint)
            found.append(fault)
            break
        level = Level.WARN if version is None else Level.OK
        fact = "no such model or alias" if version is None else f"is version {version}"
        fix = "" if version else "check both names in MLflow; it may come with the first alias"
        found.append(Finding(level=level, subject=subject, fact=fact, fix=fix))
    await registry.close()
    return found


async def _look(client: PageClient, asking: Asking, target: TargetSpec) -> Scrape:
    try:
        request = asking.request(target, frozenset())
    except TrimtabError as error:
        return Scrape(outcome=Outcome.REFUSED, reason=str(error))
    return await scrape(
        client,
        request,
        LayoutCache(),
        deadline=target.timeout,
        body_limit=target.limits.body_bytes,
        limits=limits_of(target),
    )


def _of_target(target: TargetSpec, scraped: Scrape) -> list[Finding]:
    subject = f"target {target.name}"
    if scraped.page is None:
        level = Level.WARN if scraped.outcome is Outcome.TIMEOUT else Level.FAIL
        fix = FIXES[scraped.outcome]
        return [Finding(level=level, subject=subject, fact=scraped.reason, fix=fix)]
    profiles = installed("trimtab.servers").values()
    found = detect(scraped.page, profiles)
    names = ", ".join(one.profile.name for one in found)
    samples = f"{len(scraped.page.values)} samples in {scraped.seconds * 1000:.0f} ms"
    findings = [Finding(level=Level.OK, subject=subject, fact=f"{names or 'readable'}, {samples}")]
    if not found:
        fix = "name its metrics in SLOs by hand; rollouts and breakers cannot read it"
        findings.append(
            Finding(level=Level.WARN, subject=subject, fact="no server that trimtab knows", fix=fix)
        )
    for fault in page_faults(scraped.page):
        fix = "SLOs on this histogram would count wrong: mend the server"
        findings.append(Finding(level=Level.WARN, subject=subject, fact=fault, fix=fix))
    for one in found:
        fix = "; ".join(one.profile.see_more)
        findings += [
            Finding(level=Level.WARN, subject=subject, fact=f"cannot see: {spot}", fix=fix)
            for spot in one.profile.blind_spots
        ]
        findings += _no_percentiles(subject, one.found, fix)
    return findings


def _no_percentiles(subject: str, found: Iterable[Found], fix: str) -> list[Finding]:
    findings = []
    for each in found:
        one = each.indicator
        if not isinstance(one, Distribution) or one.name != "latency":
            continue
        if one.shape is not Shape.HISTOGRAM:
            fact = f"{one.family} is a {one.shape}: no share of requests within a limit"
            findings.append(Finding(level=Level.WARN, subject=subject, fact=fact, fix=fix))
    return findings


def _engines(config: Config) -> dict[str, PrometheusEngine]:
    try:
        return make_engines(config)
    except TrimtabError:
        return {}


def _on_engine(promise: Promise, engine: PrometheusEngine) -> Finding:
    """Ask an engine whether it knows an SLO's series: now, and as far back as the SLO looks."""
    subject, now = f"slo {promise.slo.name}", SystemClock().now().timestamp()
    asked = [each for part in promise.slo.parts for each in part.sli.whole]
    back = now - promise.slo.objective.window.total_seconds()
    try:
        known = len(engine.shown(asked, since=now - HOUR_SECONDS, until=now))
        then = len(engine.shown(asked, since=back, until=back + HOUR_SECONDS))
    except EngineError as error:
        return Finding(level=Level.FAIL, subject=subject, fact=str(error), fix=error.hint)
    if not known:
        fact = f"the engine {promise.engine} knows no series of it in the last hour"
        fix = f"check name and labels: {asked[0]}"
        return Finding(level=Level.WARN, subject=subject, fact=fact, fix=fix)
    if not then:
        days = promise.slo.objective.window.total_seconds() / 86_400
        fact = f"{known} series on the engine {promise.engine}, and none {days:g} days ago"
        fix = "its memory may be shorter than the SLO's window, or the service younger"
        return Finding(level=Level.WARN, subject=subject, fact=fact, fix=fix)
    fact = f"{known} series on the engine {promise.engine}"
    return Finding(level=Level.OK, subject=subject, fact=fact)


def _of_promise(promise: Promise, pages: Sequence[Page]) -> Finding:
    subject = f"slo {promise.slo.name}"
    if not pages:
        fix = f"is there a target with service: {promise.slo.service}, and does it answer?"
        return Finding(level=Level.FAIL, subject=subject, fact="no page to count it on", fix=fix)
    try:
        shown = tuple(series for page in pages for series in page.layout.series)
        counted = [resolve_sli(part.sli, shown) for part in promise.slo.parts]
    except NoSuchEdge as error:
        return Finding(level=Level.FAIL, subject=subject, fact=str(error), fix="use such an edge")
    except UnsupportedSpec as error:
        return Finding(level=Level.FAIL, subject=subject, fact=str(error), fix="choose a quantile")
    silent = [str(one) for sli in counted for one in sli.whole if not _matching(pages, one)]
    if silent:
        fix = "a metric may be missing until the first request; check name and labels"
        fact = f"nothing matches {silent[0]}"
        return Finding(level=Level.WARN, subject=subject, fact=fact, fix=fix)
    known = installed("trimtab.servers").values()
    profiles = [one.profile for page in pages for one in detect(page, known)]
    source = rests_on(promise.names, profiles).title
    return Finding(level=Level.OK, subject=subject, fact=f"can be counted; rests on: {source}")


def _matching(pages: Sequence[Page], selector: Selector) -> list[dict[str, str]]:
    return [
        dict(labels)
        for page in pages
        for name, labels in page.layout.series
        if selector.selects(name, labels)
    ]
