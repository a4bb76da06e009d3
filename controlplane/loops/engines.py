"""Read what engines know since the last time, and count it as of its own time.

An answer that an engine calls partial is not counted: it would be missing for ever. It is asked again.
"""

import asyncio

import numpy as np

from controlplane.engine_feed import EngineFeed, LatePage, late_pages
from controlplane.engines import PastOfSlo, resolved_parts
from controlplane.engines.native_samples import NativeSamples
from controlplane.engines.prometheus import EnginePast, PrometheusEngine, selectors_of
from controlplane.errors import EngineError
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.slo_evaluation import begin_counting
from controlplane.store.past_sums import PastSums

__all__ = ["read_engines"]

OVERLAP_SECONDS = 120.0
"""Samples that reach an engine late are still read."""
BASELINE_SECONDS = 3600.0
"""A target that showed nothing for so long begins anew when it is back."""
RESOLVE_SECONDS = 600.0
"""So often it is asked which buckets there are."""
STALE_SECONDS = 300.0
"""What is older says nothing about now."""
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
        feed.ok, feed.reason = True, _stale(feed, plane.now())
    plane.live.uncounted[promise.slo.name] = feed.reason


def _stale(feed: EngineFeed, now: float) -> str:
    """Return what stands against an SLO whose engine answers and has nothing new."""
    if feed.newest is None:
        return f"the engine {feed.engine} knows no sample of it"
    old = now - feed.newest
    return "" if old <= STALE_SECONDS else f"its newest sample is {old:.0f} s old"


async def _read(plane: Plane, promise: Promise, feed: EngineFeed) -> None:
    """Take what is new; the very first time, all that the SLO looks back to.

    Raises:
        EngineError: The engine cannot be asked, or its answer is partial.
    """
    engine, now = plane.engines[promise.engine], plane.now()
    if feed.until is None or not plane.counting.defines(promise.total_key):
        await _begin(plane, promise, feed, engine)
        return
    since = feed.until - OVERLAP_SECONDS
    _count(plane, promise, feed, await _pages(engine, promise, feed, since=since, until=now))
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
    since = max(read) - OVERLAP_SECONDS if read else now - BASELINE_SECONDS
    back = now - max(seconds, BASELINE_SECONDS)
    asked = [each for part in promise.slo.parts for each in (*part.sli.unresolved, *part.sli.whole)]
    shown = await asyncio.to_thread(engine.shown, asked, since=min(since, back), until=now)
    feed.sources, feed.shown = saved, tuple(shown)
    plane.families.meet(
        promise.slo.service, feed.prefix, feed.shown, now=now, only=promise.slo.name
    )
    pages = await _pages(engine, promise, feed, since=since, until=now)
    if not read:
        past = await asyncio.to_thread(
            EnginePast(engine).of, promise.slo, since=back, until=now, progress=lambda _: None
        )
        feed.past, feed.notes = _past_of(promise, past), past.notes
        pages = _from_newest(pages, begin=_open_since(promise, now))
    elif feed.natives.found:  # how they were counted before is not remembered
        counting.begin_anew(promise.stored_keys, saved)
    series = [feed.shown, *(page.series for page in pages)]
    why = begin_counting(promise, counting, series, sources=saved)
    if why:
        raise EngineError(why)
    _count(plane, promise, feed, pages)
    feed.until = now


def _open_since(promise: Promise, now: float) -> float:
    """Return when the slice that is open began: it is counted as a whole, and not told as past."""
    length = promise.slo.budgeting.length.total_seconds()
    return now // length * length if length else np.inf


def _from_newest(pages: list[LatePage], *, begin: float) -> list[LatePage]:
    """Return each source's newest page before a moment, from which it goes on, and all since."""
    newest = {page.source: page for page in pages if page.at < begin}
    return [*newest.values(), *(page for page in pages if page.at >= begin)]


async def _pages(
    engine: PrometheusEngine, promise: Promise, feed: EngineFeed, *, since: float, until: float
) -> list[LatePage]:
    if until >= feed.resolve_at:
        await asyncio.to_thread(_resolve, engine, promise, feed, since, until)
        feed.resolve_at = until + RESOLVE_SECONDS
    found = await asyncio.to_thread(
        engine.raw, feed.selectors, since=since, until=until, natives=feed.natives
    )
    if found.warnings:
        msg = f"{engine.url} answered in part: {found.warnings[0]:.200}"
        raise EngineError(msg, hint="it is asked again; nothing of the answer is counted")
    series = (*found.series, *feed.natives.drain())
    feed.natives.refuse_between(promise.slo, feed.counted)
    return late_pages(series, prefix=feed.prefix, layouts=feed.layouts)


def _resolve(
    engine: PrometheusEngine, promise: Promise, feed: EngineFeed, since: float, until: float
) -> None:
    """Ask which series there are, and so what is counted."""
    asked = [each for part in promise.slo.parts for each in part.sli.unresolved]
    shown = engine.shown(asked, since=since, until=until) if asked else ()
    counted = resolved_parts(promise.slo, shown)
    if counted != feed.counted:
        feed.natives = NativeSamples.wanted(promise.slo, counted)
    feed.counted = counted
    feed.selectors = tuple(dict.fromkeys(each for sli in counted for each in selectors_of(sli)))


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
