"""What was counted for an SLO in the past: step by step, and apart by labels."""

import numpy as np

from controlplane.counting import Counting
from controlplane.promise import Promise
from controlplane.slo_evaluation import counts_of, gained_within
from slo import Adjustments, CompositeSli, CountHistory, Counts, part_values, whole_weights

__all__ = ["history_of", "objectives_within", "parts_within"]


def history_of(
    promise: Promise, counting: Counting, *, now: float, seconds: float, steps: int
) -> CountHistory:
    """Return an SLO's events over the last seconds, in so many steps; as far as it was watched."""
    keys = promise.keys
    times: list[float] = []
    sums: list[list[float]] = []
    for moment in (now - seconds * np.arange(steps, 0, -1) / steps).tolist():
        row = counting.row_at(moment)
        if row is not None and (not times or row.at > times[-1]):
            times.append(row.at)
            sums.append([row.get(key, 0.0) for key in keys])
    if not times or now > times[-1]:
        times.append(now)
        sums.append([counting.value(key) for key in keys])
    part, total = np.array(sums).round().astype(np.int64).T
    bad = part if promise.by_bad else total - part
    return CountHistory(times=np.array(times), bad=bad - bad[0], total=total - total[0])


def objectives_within(
    promise: Promise, counting: Counting, *, now: float, seconds: float, adjustments: Adjustments
) -> dict[tuple[str, ...], Counts]:
    """Return the events of each objective of a composite over the last seconds, by its name.

    An event weighs what the composite counts it as; where slices are counted, each is one event.
    """
    sli = promise.slo.sli
    found: dict[tuple[str, ...], Counts] = {}
    weights = (1,) * len(promise.counted_parts)
    if isinstance(sli, CompositeSli) and not promise.sliced:
        weights = whole_weights(sli)
    for each, weight in zip(promise.counted_parts, weights, strict=True):
        keys = each.part_key, each.total_key
        gained = gained_within(keys, counting, now=now, seconds=seconds, adjustments=adjustments)
        part, total = (round(weight * gained[key]) for key in keys)
        good = total - part if each.by_bad else part
        found[each.part.name,] = Counts(good=min(max(good, 0), total), total=total)
    return found


def parts_within(
    promise: Promise, counting: Counting, *, now: float, seconds: float, adjustments: Adjustments
) -> dict[tuple[str, ...], Counts]:
    """Return an SLO's counts over the last seconds by what its labels say."""
    columns = counting.sums.columns
    parts = part_values(columns, promise.part_key)
    found = {}
    for values, total_key in part_values(columns, promise.total_key).items():
        part_key = parts.get(values, "")
        keys = part_key, total_key
        gained = gained_within(keys, counting, now=now, seconds=seconds, adjustments=adjustments)
        found[values] = counts_of(promise, gained[part_key], gained[total_key])
    return found
