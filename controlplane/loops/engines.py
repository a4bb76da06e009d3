"""Read what engines know since the last time, and count it as of its own time.

An answer that an engine calls partial is not counted: it would be missing for ever. It is asked again.
"""

import asyncio
import logging
from collections import defaultdict

import numpy as np

from controlplane.engine_feed import EngineFeed, LatePage, late_pages, pages_from
from controlplane.engines import PastOfSlo, resolved_parts
from controlplane.engines.native_samples import NativeSamples
from controlplane.engines.prometheus import EnginePast, PrometheusEngine, selectors_of
from controlplane.errors import EngineError
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.slo_evaluation import begin_counting
from controlplane.store.past_sums import PastSums
from slo import ThresholdSli

__all__ = ["read_engines"]

LOG = logging.getLogger("trimtab.loops")
OVERLAP_SECONDS = 120.0
"""Samples that reach an engine late are still read."""
BASELINE_SECONDS = 3600.0
"""A target that showed nothing for so long begins anew when it is back."""
RESOLVE_SECONDS = 600.0
"""So often it is asked which buckets there are."""
STALE_SECONDS = 300.0
"""What is older says nothing about now."""
AT_ONCE = 4
"""So many questions are put to one engine side by side."""
ROUND_SECONDS = 10.0
"""An engine that takes longer is read on, and holds up no other."""
PAGES_AT_ONCE = 50
"""So many are counted before others have their turn."""
LEAST_SECONDS = 1e-3


async def read_engines(plane: Plane) -> None:
    """Ask for every SLO whose time has come."""
    now, feeds = plane.clock.monotonic(), plane.live.feeds
    for name in feeds.keys() - plane.promises.keys():
        del feeds[name]
    gates: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
    due = []
    for promise in tuple(plane.promises.values()):
        if promise.engine and _is_due(plane, feed := _feed(plane, promise), now):
            feed.asked_at = now
            reading = _read_contained(plane, promise, feed, gates[promise.engine])
            feed.reading = asyncio.create_task(reading)
            due.append(feed.reading)
    if due:
        await asyncio.wait(due, timeout=ROUND_SECONDS)
    _add_pasts(plane, [feed for feed in feeds.values() if feed.past])
    if due:
        plane.counting.mark(plane.now())
        plane.live.news.spread()


def _feed(plane: Plane, promise: Promise) -> EngineFeed:
    known = plane.live.feeds.get(promise.slo.name)
    if known is None or known.engine != promise.engine:
        known = EngineFeed(promise.slo.name, promise.engine)
        plane.live.feeds[promise.slo.name] = known
    return known


def _is_due(plane: Plane, feed: EngineFeed, now: float) -> bool:
    if feed.reading is not None and not feed.reading.done():
        return False
    every = plane.config.storage.all_engines[feed.engine].every
    return feed.asked_at is None or now - feed.asked_at >= every


def _is_wanted(plane: Plane, feed: EngineFeed) -> bool:
    """Whether the SLO was not let go, or made another, while its engine was asked."""
    return plane.live.feeds.get(feed.slo) is feed


async def _read_contained(
    plane: Plane, promise: Promise, feed: EngineFeed, gate: asyncio.Semaphore
) -> None:
    """Take what is new; what goes wrong is told, and the next look comes all the same."""
    try:
        async with gate:
            await _read(plane, promise, feed)
        feed.ok, feed.reason = True, _stale(feed, plane.now())
    except EngineError as error:
        feed.ok, feed.reason = False, str(error)
    except Exception as error:
        LOG.exception("the SLO %r could not be read from %r", feed.slo, feed.engine)
        plane.telemetry.loop_failures.labels("engines").inc()
        feed.ok, feed.reason = False, f"it could not be read: {type(error).__name__}"
    if _is_wanted(plane, feed):
        plane.live.uncounted[feed.slo] = feed.reason


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
    pages = await _pages(plane, promise, feed, since=feed.until - OVERLAP_SECONDS, until=now)
    await _count(plane, promise, feed, pages)
    feed.until = now


async def _begin(
    plane: Plane, promise: Promise, feed: EngineFeed, engine: PrometheusEngine
) -> None:
    """Go on from what was saved, or read the past."""
    counting, now = plane.counting, plane.now()
    saved = counting.sources_of(feed.prefix)
    read = [at for source in saved if (at := counting.until(source)) is not None]
    if read:
        since, past = max(read) - OVERLAP_SECONDS, None
    else:
        past = await _past(plane, promise, engine, now)
        since = min(_end(promise, past), now) - BASELINE_SECONDS
    asked = [each for part in promise.slo.parts for each in (*part.sli.unresolved, *part.sli.whole)]
    shown = await asyncio.to_thread(engine.shown, asked, since=since, until=now)
    feed.sources, feed.shown = saved, tuple(shown)
    pages = await _pages(plane, promise, feed, since=since, until=now)
    if not _is_wanted(plane, feed):
        return
    if past is not None:
        feed.past, feed.notes = _sums_of(promise, past), past.notes
        gauges = [
            each for sli in feed.counted if isinstance(sli, ThresholdSli) for each in sli.series
        ]
        pages = pages_from(pages, begin=_end(promise, past), readings=gauges)
    elif feed.natives.found:  # how they were counted before is not remembered
        counting.begin_anew(promise.stored_keys, saved)
    _define(plane, promise, feed, pages)
    await _count(plane, promise, feed, pages)
    feed.until = now


async def _past(plane: Plane, promise: Promise, engine: PrometheusEngine, now: float) -> PastOfSlo:
    """Read the past, as far as the SLO looks back or as its engine is asked to."""
    seconds = plane.config.storage.all_engines[promise.engine].history
    if seconds is None:
        seconds = promise.slo.objective.window.total_seconds()
    back = now - max(seconds, BASELINE_SECONDS)
    return await asyncio.to_thread(
        EnginePast(engine).of, promise.slo, since=back, until=now, progress=lambda _: None
    )


def _end(promise: Promise, past: PastOfSlo) -> float:
    """Return up to when a past tells: all of it, or to the beginning of the slice that is open."""
    times = past.counts.times
    return float(times[-1]) if promise.sliced and len(times) else np.inf


async def _pages(
    plane: Plane, promise: Promise, feed: EngineFeed, *, since: float, until: float
) -> list[LatePage]:
    engine, now = plane.engines[feed.engine], plane.clock.monotonic()
    if feed.resolved_at is None or now - feed.resolved_at >= RESOLVE_SECONDS:
        await asyncio.to_thread(_resolve, engine, promise, feed, since, until)
        feed.resolved_at = now
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
    feed.layouts.clear()  # those of targets that are gone are not kept
    feed.selectors = tuple(dict.fromkeys(each for sli in counted for each in selectors_of(sli)))


def _define(plane: Plane, promise: Promise, feed: EngineFeed, pages: list[LatePage]) -> None:
    """Count the SLO on every target that is known.

    Raises:
        EngineError: It cannot be counted.
    """
    series = [feed.shown, *(page.series for page in pages)]
    why = begin_counting(promise, plane.counting, series, sources=feed.sources)
    if why:
        raise EngineError(why)


async def _count(plane: Plane, promise: Promise, feed: EngineFeed, pages: list[LatePage]) -> None:
    """Count pages in the order of their times, each source from its first one on."""
    new = {page.source for page in pages} - feed.sources
    if new and _is_wanted(plane, feed):
        feed.sources |= new
        _define(plane, promise, feed, pages)
        plane.counting.mark(plane.now())
    for number, page in enumerate(pages):
        if number % PAGES_AT_ONCE == PAGES_AT_ONCE - 1:
            await asyncio.sleep(0)
        if not _is_wanted(plane, feed):
            return
        plane.families.meet(
            promise.slo.service, page.source, page.series, now=plane.now(), only=promise.slo.name
        )
        if promise.sliced:
            plane.counting.pass_late_time(promise.part_key, page.at)
        plane.counting.observe(page.source, page.series, page.values, started=None, at=page.at)
        feed.newest = page.at if feed.newest is None else max(feed.newest, page.at)


def _sums_of(promise: Promise, past: PastOfSlo) -> dict[str, PastSums]:
    """Return the sums of an SLO's past by key; nothing where the engine knows of none."""
    history = past.counts
    if not len(history.times):
        return {}
    part = history.bad if promise.by_bad else history.total - history.bad
    times = np.concatenate(([history.times[0] - LEAST_SECONDS], history.times))
    return {
        key: PastSums(times=times, sums=np.concatenate(([0.0], sums)))
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
