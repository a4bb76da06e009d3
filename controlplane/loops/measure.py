"""Scrape what is due, count it, and tell the other loops that there is news."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any

from controlplane.live import TargetStanding
from controlplane.plane import Plane
from controlplane.slo_evaluation import begin_counting
from controlplane.spec import TargetSpec
from probes.detection import detect
from probes.exposition import Page
from probes.scraping import Outcome, Scrape, scrape

__all__ = ["measure_group", "save_counts", "target_groups"]

BODY_LIMIT_BYTES = 16 << 20
STATES = {Outcome.OK: "up", Outcome.TIMEOUT: "unknown"}
"""Anything else is down. A busy Python server may miss a deadline: that is not down, but unknown."""


def target_groups(plane: Plane) -> dict[float, tuple[TargetSpec, ...]]:
    """Return the targets by interval: one timer fires a whole group, which costs far less."""
    groups: defaultdict[float, list[TargetSpec]] = defaultdict(list)
    for target in plane.config.targets:
        groups[target.interval].append(target)
    return {interval: tuple(members) for interval, members in groups.items()}


async def measure_group(plane: Plane, targets: tuple[TargetSpec, ...]) -> None:
    """Scrape a group side by side; the sums are marked once all have answered."""
    scrapes: list[Coroutine[Any, Any, None]] = [_measure(plane, target) for target in targets]
    await asyncio.gather(*scrapes)
    plane.counting.mark(plane.now())
    plane.live.news.spread()


async def save_counts(plane: Plane) -> None:
    """Write counts now and then; what a crash catches in between, the counters still remember."""
    with plane.engine.begin() as connection:
        plane.counting.save(connection, now=plane.now())
        plane.counting.forget_old(connection, now=plane.now())


async def _measure(plane: Plane, target: TargetSpec) -> None:
    answer = await scrape(
        plane.http,
        target.url,
        plane.layouts,
        deadline=target.timeout,
        body_limit=BODY_LIMIT_BYTES,
    )
    plane.telemetry.scrapes.labels(answer.outcome.value).inc()
    plane.telemetry.scrape_seconds.observe(answer.seconds)
    if answer.page is not None:
        page = answer.page
        _begin_counting(plane, target, page)
        bad = plane.counting.observe(
            target.name, page.layout.series, page.values, started=page.started
        )
        plane.telemetry.bad_samples.inc(bad)
        plane.live.pages[target.name] = page
    plane.live.targets[target.name] = _standing(plane, target, answer)


def _begin_counting(plane: Plane, target: TargetSpec, page: Page) -> None:
    """Define what is not yet counted before a page is: its figures are where counting begins."""
    for name, promise in plane.promises.items():
        if target.name in promise.sources:
            plane.live.uncounted[name] = begin_counting(promise, plane.counting, [page])


def _standing(plane: Plane, target: TargetSpec, answer: Scrape) -> TargetStanding:
    before = plane.live.targets[target.name]
    page = answer.page
    return TargetStanding(
        state=STATES.get(answer.outcome, "down"),
        reason=answer.reason,
        at=plane.now() if page is not None else before.at,
        samples=before.samples if page is None else len(page.values),
        server=before.server or target.server or _recognised(plane, page),
    )


def _recognised(plane: Plane, page: Page | None) -> str | None:
    found = () if page is None else detect(page, plane.profiles)
    return found[0].profile.name if found else None
