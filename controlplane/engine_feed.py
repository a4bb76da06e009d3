"""One SLO that is counted on an engine's samples: what was read of it, and how far.

Its samples are counted as pages are, each as of its own time. At first the past is read as far back as
the SLO looks; what each series showed last by then is where counting goes on. Each target of the
engine (job and instance) is a source of its own, and remembers how far it was read: a sample that is
read twice counts once.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from controlplane.engines.native_samples import NativeSamples
from controlplane.store.past_sums import PastSums
from slo import RatioSli, RawSeries, Selector, ThresholdSli

__all__ = ["EngineFeed", "LatePage", "late_pages", "pages_from"]

Series = tuple[tuple[str, Mapping[str, str]], ...]
Layouts = dict[tuple[str, tuple[object, ...]], Series]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatePage:
    """What one target showed at one time, read late."""

    source: str
    at: float
    series: Series
    values: npt.NDArray[np.float64]


class EngineFeed:
    """How far an SLO was read, and how the last look went.

    Args:
        slo: Its name.
        engine: Name of the engine.

    Attributes:
        until: Up to when samples were read, Unix seconds; None before the first time.
        sources: Names of the targets it is counted on.
        ok: Whether the last look went well; None before the first.
        reason: In words.
        asked_at: When that was, by the clock that never jumps; None before the first.
        reading: The look that is under way, or the last one.
        newest: When its newest sample is of; None while there was none.
        notes: What a reader must know of its past: gaps, warnings.
        layouts: The series of pages, so that the same ones are the same object.
        shown: Series that the engine knew when it was last asked which there are.
        counted: What each part of the SLO counts.
        natives: Native histograms, counted as they come.
        selectors: What is asked for.
        resolved_at: When it was last asked which series there are, by the same clock; None before.
        past: What was read of the time before counting began, until it is added.
    """

    def __init__(self, slo: str, engine: str) -> None:
        self.slo = slo
        self.engine = engine
        self.until: float | None = None
        self.sources: frozenset[str] = frozenset()
        self.ok: bool | None = None
        self.reason = "not asked yet"
        self.asked_at: float | None = None
        self.reading: asyncio.Task[None] | None = None
        self.newest: float | None = None
        self.notes: tuple[str, ...] = ()
        self.layouts: Layouts = {}
        self.shown: Series = ()
        self.counted: tuple[RatioSli | ThresholdSli, ...] = ()
        self.natives = NativeSamples(())
        self.selectors: tuple[Selector, ...] = ()
        self.resolved_at: float | None = None
        self.past: dict[str, PastSums] = {}

    @property
    def prefix(self) -> str:
        """Return how the names of its sources begin; no target is called so."""
        return f"{self.slo}@{self.engine}/"


def late_pages(series: Iterable[RawSeries], *, prefix: str, layouts: Layouts) -> list[LatePage]:
    """Return what each target showed at each time, oldest first.

    Args:
        series: Samples.
        prefix: How the names of the sources begin.
        layouts: Series that were met before; new ones are added.
    """
    by_source: dict[str, list[RawSeries]] = {}
    for each in series:
        by_source.setdefault(f"{prefix}{each.source}", []).append(each)
    pages = [page for source, held in by_source.items() for page in _pages(source, held, layouts)]
    return sorted(pages, key=lambda page: (page.at, page.source))


def _pages(
    source: str,
    held: Sequence[RawSeries],
    layouts: Layouts,
) -> Iterable[LatePage]:
    times = np.unique(np.concatenate([each.times for each in held]))
    values = np.full((len(times), len(held)), np.nan)
    for column, each in enumerate(held):
        values[np.searchsorted(times, each.times), column] = each.values
    shown = ~np.isnan(values)
    for at, row, there in zip(times.tolist(), values, shown, strict=True):
        if not there.any():
            continue
        named = tuple(
            (held[place].name, held[place].labels) for place in np.flatnonzero(there).tolist()
        )
        key = tuple((name, tuple(sorted(labels.items()))) for name, labels in named)
        known = layouts.setdefault((source, key), named)
        yield LatePage(source=source, at=at, series=known, values=row[there])


def pages_from(
    pages: Iterable[LatePage], *, begin: float, readings: Sequence[Selector]
) -> list[LatePage]:
    """Return the pages from a moment on, and before them one of each source to go on from.

    It shows what each series of the source showed last, but for gauges, of which a page is a reading:
    those were told already.
    """
    later: list[LatePage] = []
    last: dict[str, LatePage] = {}
    shown: dict[str, dict[tuple[object, ...], tuple[tuple[str, Mapping[str, str]], float]]] = {}
    for page in pages:
        if page.at >= begin:
            later.append(page)
            continue
        last[page.source] = page
        for series, value in zip(page.series, page.values.tolist(), strict=True):
            if not any(each.selects(*series) for each in readings):
                key = series[0], *sorted(series[1].items())
                shown.setdefault(page.source, {})[key] = series, value
    first = []
    for source, page in last.items():
        held = list(shown.get(source, {}).values())
        values = np.array([value for _, value in held], dtype=np.float64)
        first.append(replace(page, series=tuple(series for series, _ in held), values=values))
    return [*first, *later]
