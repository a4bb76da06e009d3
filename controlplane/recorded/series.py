"""Counters of two arms, increments between two scrapes of the same replica.

A counter that fell drops the interval of its replica, and so does one that is missing at one end. A series
that appears on a replica already seen began at zero. A missing scrape makes the next interval longer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

import numpy as np
import numpy.typing as npt

from canary_analysis import Kind, Metric
from controlplane.errors import InvalidConfig
from controlplane.recorded.gains import Gains, MetricGains, Taken, to_recording
from slo import Matcher, RawSeries, Selector

__all__ = ["Asked", "from_series", "narrowed"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ORIGINS = ("instance", "pod")
ERRORS = "errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is compared.

    Attributes:
        bad: Selectors whose sum is failed requests; empty compares no errors.
        total: Selectors whose sum is all requests.
        histograms: Families, without ``_bucket``.
        tick_seconds: Length of a tick; the usual time between scrapes when None.
    """

    bad: tuple[Selector, ...] = ()
    total: tuple[Selector, ...] = ()
    histograms: tuple[Selector, ...] = ()
    tick_seconds: float | None = None

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """Return everything that must be read."""
        buckets = (each.where(suffix="_bucket") for each in self.histograms)
        return (*self.bad, *self.total, *buckets)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    """How many intervals were used, and how many were dropped."""

    notes: list[str] = field(default_factory=list)

    def dropped(self, metric: str, lost: int, kept: int) -> None:
        if lost:
            self.notes.append(
                f"{metric}: {lost} of {lost + kept} intervals are left out, for a counter fell or "
                "was missing at one end."
            )


def narrowed(selectors: Iterable[Selector], matchers: tuple[Matcher, ...]) -> tuple[Selector, ...]:
    """Return selectors with more conditions on their labels."""
    return tuple(replace(each, matchers=(*each.matchers, *matchers)) for each in selectors)


def from_series(
    canary: Sequence[RawSeries],
    baseline: Sequence[RawSeries],
    asked: Asked,
    *,
    notes: Iterable[str] = (),
) -> Taken:
    """Return what both arms counted.

    Args:
        canary: The series of that arm alone.
        baseline: The same.
        asked: What is compared.
        notes: Known before.

    Raises:
        InvalidConfig: A histogram has no edge that all replicas share.
    """
    tally, found = _Tally(), []
    arms = (tuple(map(_numbers, canary)), tuple(map(_numbers, baseline)))
    if asked.total:
        found.append(_errors(arms, asked, tally))
    found += [_latency(arms, family, tally) for family in asked.histograms]
    return to_recording(found, tick_seconds=asked.tick_seconds, notes=(*notes, *tally.notes))


def _numbers(series: RawSeries) -> RawSeries:
    known = np.isfinite(series.values) & (series.values >= 0.0)
    return replace(series, times=series.times[known], values=series.values[known])


def _errors(arms: tuple[Sequence[RawSeries], ...], asked: Asked, tally: _Tally) -> MetricGains:
    metric = Metric(name=ERRORS, kind=Kind.ERRORS)

    def columns(series: RawSeries) -> Floats:
        total, bad = (
            any(each.selects(series.name, series.labels) for each in selectors)
            for selectors in (asked.total, asked.bad)
        )
        return np.array([float(total), float(bad)])

    canary, baseline = (_arm(arm, columns, metric.name, tally) for arm in arms)
    return MetricGains(metric=metric, canary=canary, baseline=baseline)


def _latency(arms: tuple[Sequence[RawSeries], ...], family: Selector, tally: _Tally) -> MetricGains:
    buckets = family.where(suffix="_bucket")
    own = [[s for s in arm if buckets.selects(s.name, s.labels)] for arm in arms]
    shared, differ = _shared_edges([series for arm in own for series in arm])
    if not shared:
        msg = f"No bucket of {family} was seen on every replica of both arms."
        raise InvalidConfig(msg, hint="is the name that of the histogram, without _bucket?")
    if differ:
        tally.notes.append(f"{family}: replicas have other buckets; {len(shared)} are shared.")
    metric = Metric(name=str(family), kind=Kind.LATENCY, edges=shared)

    def columns(series: RawSeries) -> Floats:
        """Return what a bucket adds to: all requests, or those within an edge."""
        edge = float(series.labels["le"])
        within = [float(edge == each) for each in shared]
        return np.array([float(not isfinite(edge)), *within])

    canary, baseline = (
        tuple(_slower(each) for each in _arm(arm, columns, metric.name, tally)) for arm in own
    )
    return MetricGains(metric=metric, canary=canary, baseline=baseline)


def _shared_edges(series: Iterable[RawSeries]) -> tuple[tuple[float, ...], bool]:
    """Return the edges that every labelled histogram has, and whether some had others."""
    of_each: dict[tuple[tuple[str, str], ...], set[float]] = {}
    for each in series:
        rest = tuple(sorted((k, v) for k, v in each.labels.items() if k != "le"))
        of_each.setdefault(rest, set()).add(float(each.labels.get("le", "nan")))
    sets = [{edge for edge in edges if isfinite(edge)} for edges in of_each.values()]
    shared = set.intersection(*sets) if sets else set()
    return tuple(sorted(shared)), any(edges != shared for edges in sets)


def _slower(within: Gains) -> Gains:
    """Turn (all, within edge 1, ...) into (all, slower than edge 1, ...)."""
    total = within.counts[:, :1]
    slower = np.clip(total - within.counts[:, 1:], 0, total)
    return replace(within, counts=np.concatenate([total, slower], axis=1))


def _arm(
    series: Sequence[RawSeries],
    columns: Callable[[RawSeries], Floats],
    metric: str,
    tally: _Tally,
) -> tuple[Gains, ...]:
    by_replica: dict[str, list[tuple[RawSeries, Floats]]] = {}
    for each in series:
        weights = columns(each)
        if weights.any() and len(each.times):
            by_replica.setdefault(_replica(each), []).append((each, weights))
    gained = [_replica_gains(name, found) for name, found in sorted(by_replica.items())]
    kept = sum(len(gains.ends) for gains, _ in gained)
    tally.dropped(metric, sum(lost for _, lost in gained), kept)
    return tuple(gains for gains, _ in gained)


def _replica(series: RawSeries) -> str:
    """Return the name of the replica that a series is of."""
    for label in ORIGINS:
        if label in series.labels:
            return series.labels[label]
    return series.source.strip("/") or "all"


def _replica_gains(name: str, found: Sequence[tuple[RawSeries, Floats]]) -> tuple[Gains, int]:
    """Return what one replica gained in its whole intervals, and how many were not whole."""
    times = np.unique(np.concatenate([series.times for series, _ in found]))
    shown = np.full((len(found), len(times)), np.nan)
    for row, (series, _) in enumerate(found):
        shown[row, np.searchsorted(times, series.times)] = series.values
    here = ~np.isnan(shown)
    seen = np.maximum.accumulate(here, axis=1)
    gained = np.diff(np.where(here, shown, 0.0), axis=1)
    before, after, known = here[:, :-1], here[:, 1:], seen[:, :-1]
    began = ~known & after
    whole = (before & after & (gained >= 0.0)) | (~before & ~after) | began
    counted = np.where((before & after) | began, gained, 0.0)
    good = whole.all(axis=0)
    weights = np.array([each for _, each in found])
    sums = np.rint(counted[:, good].T @ weights).astype(np.int64)
    sums[:, 1:] = np.minimum(sums[:, 1:], sums[:, :1])
    return Gains(replica=name, ends=times[1:][good], counts=sums), int((~good).sum())
