"""Scrape what is due, count it, and tell the other loops that there is news."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from math import floor

import numpy as np
import numpy.typing as npt

from controlplane.asking import limits_of
from controlplane.errors import InvalidConfig
from controlplane.live import TargetStanding
from controlplane.loops.sight import take_up
from controlplane.plane import Plane
from controlplane.scrape_schedule import ScrapeSchedule
from controlplane.slo_evaluation import begin_counting
from controlplane.spec import TargetSpec
from controlplane.wanted import wanted_names
from probes.detection import detect
from probes.errors import InvalidAddress
from probes.exposition import Page
from probes.page_client import Answer, Asked
from probes.scrape_outcome import Outcome, Scrape
from probes.scraping import read_answer
from slo import SeriesIndex

__all__ = ["measure", "measure_group", "save_counts"]

LOG = logging.getLogger("trimtab.loops")
STATES = {Outcome.OK: "up", Outcome.TIMEOUT: "unknown"}
"""Anything else is down. A busy Python server may miss a deadline: that is not down, but unknown."""

MOST_WAIT_SECONDS = 60.0
UNTIMED = (
    "its figures are per period and carry no time: have the exporter print timestamps, "
    "or say period: 5m at the target"
)


async def measure(plane: Plane) -> None:
    """Scrape every target at its own steady pace, for as long as the plane runs."""
    plane.telemetry.loop_failures.labels("measure")  # shown from now on, as zero
    schedule = ScrapeSchedule(group_size=plane.config.scrape.group)
    running: set[asyncio.Task[None]] = set()
    busy: set[str] = set()
    while True:
        plane.live.retargeted.clear()
        intervals = {target.name: target.interval for target in plane.book.targets}
        schedule.fit(intervals, now=plane.clock.monotonic())
        while not plane.live.retargeted.is_set():
            for due in schedule.due(plane.clock.monotonic()):
                names = [name for name in due.names if name not in busy]
                task = asyncio.create_task(_measure_contained(plane, names, busy))
                running.add(task)
                task.add_done_callback(running.discard)
            plane.telemetry.loop_rounds.labels("measure").set(plane.now())
            await _until(plane, schedule.next_at())


async def _until(plane: Plane, moment: float | None) -> None:
    """Wait until a moment, or until the targets change."""
    now = plane.clock.monotonic()
    wait = MOST_WAIT_SECONDS if moment is None else moment - now
    try:
        async with asyncio.timeout(max(0.0, min(wait, MOST_WAIT_SECONDS))):
            await plane.live.retargeted.wait()
    except TimeoutError:
        pass


async def _measure_contained(plane: Plane, names: list[str], busy: set[str]) -> None:
    """Scrape a group; what goes wrong is told, and the next round comes all the same."""
    busy.update(names)
    try:
        targets = [target for name in names if (target := plane.book.get(name)) is not None]
        await measure_group(plane, targets)
    except Exception:
        plane.telemetry.loop_failures.labels("measure").inc()
        LOG.exception("a round of the loop 'measure' failed")
    finally:
        busy.difference_update(names)


async def measure_group(plane: Plane, targets: Iterable[TargetSpec]) -> None:
    """Scrape a group side by side; the sums are marked whenever some have answered."""
    group, asked = [], []
    for target in targets:
        wanted = wanted_names(plane, target)
        try:
            request = plane.asking.request(target, wanted)
        except (InvalidConfig, InvalidAddress) as error:
            refused = Scrape(outcome=Outcome.REFUSED, reason=str(error))
            _take(plane, target, refused, wanted, plane.now())
            continue
        deadline = min(target.timeout, target.interval)
        asked.append(Asked(request=request, deadline=deadline, limit=target.limits.body_bytes))
        group.append((target, wanted))
    begun = plane.clock.monotonic()
    async for batch in plane.pages.fetch_all(asked):
        seconds, now = plane.clock.monotonic() - begun, plane.now()
        for position, answer in batch:
            target, wanted = group[position]
            plane.telemetry.scrape_seconds.observe(seconds)
            _take(plane, target, _read(plane, target, wanted, answer), wanted, now)
        plane.counting.mark(now)
        plane.live.news.spread()


async def save_counts(plane: Plane) -> None:
    """Write counts now and then; what a crash catches in between, the counters still remember."""
    with plane.engine.begin() as connection:
        plane.counting.save(connection, now=plane.now())
        plane.counting.forget_old(connection, now=plane.now())


def _read(plane: Plane, target: TargetSpec, wanted: frozenset[str], answer: Answer) -> Scrape:
    found = read_answer(answer, target.url, plane.layouts, limits=limits_of(target), wanted=wanted)
    if found.outcome is Outcome.TIMEOUT:
        limit = min(target.timeout, target.interval)
        found = replace(found, reason=f"no answer within {limit:g} s")
    return found


def _take(
    plane: Plane, target: TargetSpec, found: Scrape, wanted: frozenset[str], now: float
) -> None:
    """Count a page, and remember how the scrape went."""
    plane.telemetry.scraped[found.outcome].inc()
    if plane.live.targets.get(target.name) is None:
        return  # removed while it was asked
    plane.live.targets[target.name] = _standing(plane, target, found, now)
    if found.page is not None:
        plane.live.pages[target.name] = found.page
        if target.service in plane.routers or target.service in plane.watched:
            take_up(plane, target.service)
        _count(plane, target, found.page, now)
        plane.asking.learn(target, found.page, wanted)


def _count(plane: Plane, target: TargetSpec, page: Page, now: float) -> None:
    """Define what is not yet counted before a page is: its figures are where counting begins."""
    plane.families.meet(target.service, target.name, page.layout.series, now=now)
    own = [promise for promise in plane.promises_of(target.service) if not promise.engine]
    pages = plane.pages_of(target.service)
    shown = SeriesIndex(chain.from_iterable(each.layout.series for each in pages))
    for promise in own:
        if not plane.counting.defines(promise.total_key):
            plane.live.uncounted[promise.slo.name] = begin_counting(
                promise, plane.counting, shown, sources=plane.sources_for(promise)
            )
    seen = plane.counting.observe(
        target.name,
        page.layout.series,
        page.values,
        started=page.started,
        stamps=_stamps(target, page, now),
    )
    for promise in own:
        if promise.slo.periodic:
            plane.live.uncounted[promise.slo.name] = UNTIMED if seen.untimed else ""
    plane.telemetry.bad_samples.inc(seen.refused)
    plane.recent.add(target.name, page.layout, page.values, at=now)


def _stamps(target: TargetSpec, page: Page, now: float) -> npt.NDArray[np.float64] | None:
    """Return the page's own times, or the beginning of the period where it has none."""
    if target.period is None or page.stamps is not None:
        return page.stamps
    return np.full(len(page.values), floor(now / target.period) * target.period)


def _standing(plane: Plane, target: TargetSpec, answer: Scrape, now: float) -> TargetStanding:
    before = plane.live.targets[target.name]
    page = answer.page
    return TargetStanding(
        state=STATES.get(answer.outcome, "down"),
        reason=answer.reason,
        at=now if page is not None else before.at,
        samples=before.samples if page is None else len(page.values),
        server=before.server or target.server or _recognised(plane, page),
    )


def _recognised(plane: Plane, page: Page | None) -> str | None:
    found = () if page is None else detect(page, plane.profiles)
    return found[0].profile.name if found else None
