"""Read what engines know since the last time, and count it as of its own time.

An answer that an engine calls partial is not counted: it would be missing for ever. It is asked again.
"""

import asyncio

import numpy as np

from controlplane.engine_feed import EngineFeed, LatePage, late_pages
from controlplane.engines import PastOfSlo, resolved_parts
from controlplane.engines.prometheus import EnginePast, PrometheusEngine, selectors_of
from controlplane.errors import EngineError
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.slo_evaluation import begin_counting
from controlplane.store.past_sums import PastSums
from slo import RawSeries, Selector

__all__ = ["read_engines"]

OVERLAP_SECONDS = 120.0
"""Samples that reach an engine late are still read."""
BASELINE_SECONDS = 3600.0
"""A target that showed nothing for so long begins anew when it is back."""
RESOLVE_SECONDS = 600.0
"""So often it is asked which buckets there are."""
AT_ONCE = 4


async def read_engines(plane: Plane) -> None:
    """Ask for every SLO whose time has come."""
    now = plane.now()
    due = [
        (promise, feed)
        for promise in tuple(plane.promises.values())
        if promise.engine
        and now - (feed := _feed(plane, promise)).asked_at >= _every(plane, promise.engine)
    ]
    for name in plane.live.feeds.keys() - plane.promises.keys():
        del plane.live.feeds[name]
    gate = asyncio.Semaphore(AT_ONCE)

    async def read(promise: Promise, feed: EngineFeed) -> None:
        async with gate:
            await _read_contained(plane, promise, feed)

    await asyncio.gather(*(read(promise, feed) for promise, feed in due))
    _add_pasts(plane, [feed for _, feed in due if feed.past])
    if due:
        plane.counting.mark(plane.now())
        plane.live.news.spread()


def _feed(plane: Plane, promise: Promise) -> EngineFeed:
    known = plane.live.feeds.get(promise.slo.name)
    if known is None or known.engine != promise.engine:
        known = EngineFeed(promise.slo.name, promise.engine)
        plane.live.feeds[promise.slo.name] = known
    return known


def _every(plane: Plane, engine: str) -> float:
    return plane.config.storage.all_engines[engine].every


async def _read_contained(plane: Plane, promise: Promise, feed: EngineFeed) -> None:
    feed.asked_at = plane.now()
    try:
        await _read(plane, promise, feed)
    except EngineError as error:
        feed.ok, feed.reason = False, str(error)
    else:
        feed.ok, feed.reason = True, ""
    plane.live.uncounted[promise.slo.name] = feed.reason


async def _read(plane: Plane, promise: Promise, feed: EngineFeed) -> None:
    """Take what is new; the very first time, all that the SLO looks back to.

    Raises:
        EngineError: The engine cannot be asked, or its answer is partial.
    """
    engine, now = plane.engines[promise.engine], plane.now()
    if feed.until is None or not plane.counting.defines(promise.total_key):
        await _begin(plane, promise, feed, engine)
    since = (feed.until or now) - OVERLAP_SECONDS
    pages = await _pages(engine, promise, feed, since=since, until=now)
    _count(plane, promise, feed, pages)
    feed.until = now


async def _begin(
    plane: Plane, promise: Promise, feed: EngineFeed, engine: PrometheusEngine
) -> None:
    """Go on from what was saved, or read the past."""
    counting, now = plane.counting, plane.now()
    saved = counting.sources_of(feed.prefix)
    read = [at for source in saved if (at := counting.until(source)) is not None]
    seconds = plane.config.storage.all_engines[promise.engine].history
    if seconds is None:
        seconds = promise.slo.objective.window.total_seconds()
    since = max(read) - OVERLAP_SECONDS if read else now - max(seconds, BASELINE_SECONDS)
    asked = [each for part in promise.slo.parts for each in (*part.sli.unresolved, *part.sli.whole)]
    shown = await asyncio.to_thread(engine.shown, asked, since=since, until=now)
    series = tuple(shown)
    plane.families.meet(promise.slo.service, feed.prefix, series, now=now, only=promise.slo.name)
    feed.sources, feed.shown = saved, series
    why = begin_counting(promise, counting, [series], sources=saved)
    if why:
        raise EngineError(why)
    if read:
        feed.until, feed.newest = max(read), max(read)
        return
    past = await asyncio.to_thread(
        EnginePast(engine).of, promise.slo, since=since, until=now, progress=lambda _: None
    )
    pages = await _pages(engine, promise, feed, since=now - BASELINE_SECONDS, until=now)
    feed.past, feed.notes = _past_of(promise, past), past.notes
    # A slice that is open goes on as a whole: what it had so far is counted, and not told as past.
    length = promise.slo.budgeting.length.total_seconds()
    begin = now // length * length if length else np.inf
    newest = {page.source: page for page in pages if page.at < begin}
    rest = [page for page in pages if page.at >= begin]
    _count(plane, promise, feed, [*newest.values(), *rest])
    feed.until = now


async def _pages(
    engine: PrometheusEngine, promise: Promise, feed: EngineFeed, *, since: float, until: float
) -> list[LatePage]:
    if until >= feed.resolve_at:
        feed.selectors = await asyncio.to_thread(_selectors, engine, promise, since, until)
        feed.resolve_at = until + RESOLVE_SECONDS
    found = await asyncio.to_thread(engine.raw, feed.selectors, since=since, until=until)
    if found.warnings:
        msg = f"{engine.url} answered in part: {found.warnings[0]:.200}"
        raise EngineError(msg, hint="it is asked again; nothing of the answer is counted")
    own: list[RawSeries] = list(found.series)
    return late_pages(own, prefix=feed.prefix, layouts=feed.layouts)


def _selectors(
    engine: PrometheusEngine, promise: Promise, since: float, until: float
) -> tuple[Selector, ...]:
    asked = [each for part in promise.slo.parts for each in part.sli.unresolved]
    shown = engine.shown(asked, since=since, until=until) if asked else ()
    counted = resolved_parts(promise.slo, shown)
    return tuple(dict.fromkeys(each for sli in counted for each in selectors_of(sli)))


def _count(plane: Plane, promise: Promise, feed: EngineFeed, pages: list[LatePage]) -> None:
    """Count pages in the order of their times, each source from its first one on."""
    new = {page.source for page in pages} - feed.sources
    if new:
        feed.sources |= new
        series = [feed.shown, *(page.series for page in pages)]
        begin_counting(promise, plane.counting, series, sources=feed.sources)
        plane.counting.mark(plane.now())
    for page in pages:
        if promise.sliced:
            plane.counting.pass_late_time(promise.part_key, page.at)
        plane.counting.observe(page.source, page.series, page.values, started=None, at=page.at)
        feed.newest = page.at if feed.newest is None else max(feed.newest, page.at)


def _past_of(promise: Promise, past: PastOfSlo) -> dict[str, PastSums]:
    """Return the sums of an SLO's past by key; nothing where the engine knows of none."""
    history = past.counts
    if not len(history.times):
        return {}
    part = history.bad if promise.by_bad else history.total - history.bad
    return {
        key: PastSums(times=history.times, sums=(sums - sums[0]).astype(np.float64))
        for key, sums in zip(promise.keys, (part, history.total), strict=True)
    }


def _add_pasts(plane: Plane, feeds: list[EngineFeed]) -> None:
    """Add the pasts of all SLOs that begin now at once: each row of the store is written but once."""
    pasts = {key: past for feed in feeds for key, past in feed.past.items()}
    if pasts:
        plane.counting.mark(plane.now())
        plane.counting.add_past(pasts)
    for feed in feeds:
        feed.past = {}
