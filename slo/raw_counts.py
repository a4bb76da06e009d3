"""Raw samples of a past, counted as the ledger counts pages: exact gains, each at its own moment.

A series that is there before any series of its source is seen twice begins to count with its next
sample; one that appears later began at zero. Counters that fall began anew. What no counter can show is passed over, and
what is not a number is no sample at all: engines tell with it that a series went away.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from slo.composite import CompositeSli, blended
from slo.count_history import CountHistory
from slo.counter import LARGEST
from slo.selector import Selector
from slo.sli import RatioSli, ThresholdSli
from slo.slices import sliced
from slo.spec import SloSpec
from slo.threshold import Combine, Threshold

__all__ = ["RawSeries", "count_raw", "count_spec"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawSeries:
    """The samples of one series.

    Attributes:
        name: Of the metric.
        labels: Of the series, without those that only say where it is from.
        source: Where it is from: what was one page.
        times: Unix seconds, rising, shape (n,).
        values: What was shown, shape (n,).
    """

    name: str
    labels: Mapping[str, str]
    source: str
    times: Floats
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Gains:
    """How many events, and when they became known."""

    times: Floats
    counts: Floats


def count_spec(
    spec: SloSpec, counted: Sequence[RatioSli | ThresholdSli], series: Iterable[RawSeries]
) -> CountHistory:
    """Return the past of an SLO: its events, or the slices that they make.

    Args:
        spec: The SLO.
        counted: What each of its parts counts, resolved.
        series: Everything that may be of interest.
    """
    known = tuple(series)
    events = [count_raw(sli, known) for sli in counted]
    if spec.budgeting.sliced:
        judged = [(part.weight, part.slice_target) for part in spec.parts]
        return sliced(events, spec.budgeting, judged)
    return blended(events, spec.sli) if isinstance(spec.sli, CompositeSli) else events[0]


def count_raw(sli: RatioSli | ThresholdSli, series: Sequence[RawSeries]) -> CountHistory:
    """Return the history of an SLI's events.

    Args:
        sli: What is counted; resolved, so that it is no latency limit any more.
        series: Everything that may be of interest; what the SLI does not select is passed over.
    """
    series = [_numbers(each) for each in series]
    if isinstance(sli, ThresholdSli):
        chosen = _selected(series, sli.series)
        good = _readings(chosen, sli.combine, sli.threshold)
        return _history(good, _readings(chosen, sli.combine, None), by_bad=False)
    over = _first_page(series)
    part, total = (
        _counter_gains(_selected(series, selectors), over)
        for selectors in (sli.good or sli.bad, sli.total)
    )
    return _history(part, total, by_bad=bool(sli.bad))


def _numbers(series: RawSeries) -> RawSeries:
    """Return a series without what is not a number."""
    known = ~np.isnan(series.values)
    if known.all():
        return series
    return replace(series, times=series.times[known], values=series.values[known])


def _selected(series: Iterable[RawSeries], selectors: tuple[Selector, ...]) -> list[RawSeries]:
    return [
        each
        for each in series
        if len(each.times)
        and any(selector.selects(each.name, each.labels) for selector in selectors)
    ]


def _first_page(series: Iterable[RawSeries]) -> Mapping[str, float]:
    """Return when the first page of each source was over: when one of its series was shown again.

    Series of one source may be scraped at moments of their own.
    """
    over: dict[str, float] = {}
    for each in series:
        again = float(each.times[1]) if len(each.times) > 1 else np.inf
        over[each.source] = min(again, over.get(each.source, np.inf))
    return over


def _counter_gains(series: Iterable[RawSeries], over: Mapping[str, float]) -> _Gains:
    times, counts = [np.empty(0)], [np.empty(0)]
    for each in series:
        possible = (each.values >= 0.0) & (each.values <= LARGEST)
        at, values = each.times[possible], each.values[possible]
        if not len(at):
            continue
        began_before = at[0] < over[each.source]
        before = np.concatenate(([values[0] if began_before else 0.0], values[:-1]))
        times.append(at)
        counts.append(values - np.where(values < before, 0.0, before))
    return _Gains(times=np.concatenate(times), counts=np.concatenate(counts))


def _readings(series: Sequence[RawSeries], combine: Combine, threshold: Threshold | None) -> _Gains:
    """Count readings: those of each page that keep to the threshold, or all of them."""
    sources = {each.source: number for number, each in enumerate(series)}
    times = np.concatenate([np.empty(0), *(each.times for each in series)])
    values = np.concatenate([np.empty(0), *(each.values for each in series)])
    owner = np.concatenate(
        [np.empty(0), *(np.full(len(each.times), sources[each.source]) for each in series)]
    )
    if combine is not Combine.EACH and len(times):
        order = np.lexsort((owner, times))
        times, values, owner = times[order], values[order], owner[order]
        begins = np.flatnonzero(np.r_[True, (np.diff(times) > 0.0) | (np.diff(owner) != 0.0)])
        values = combine.of_each(values, begins)
        times = times[begins]
    kept = np.ones(len(values)) if threshold is None else threshold.keeps(values).astype(np.float64)
    return _Gains(times=times, counts=kept)


def _history(part: _Gains, total: _Gains, *, by_bad: bool) -> CountHistory:
    """Bring both to the same moments, and add them up."""
    times = np.unique(np.concatenate((part.times, total.times)))
    sums = [
        np.cumsum(
            np.bincount(
                np.searchsorted(times, each.times), weights=each.counts, minlength=len(times)
            )
        )
        .round()
        .astype(np.int64)
        for each in (part, total)
    ]
    bad = sums[0] if by_bad else sums[1] - sums[0]
    return CountHistory(times=times, bad=bad, total=sums[1])
