"""Counts by replica, on both arms, in the wide columns of a layout."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from canary_analysis.arrays import IntArray
from canary_analysis.errors import InvalidInterval
from canary_analysis.layout import Layout
from canary_analysis.metric import Interval

__all__ = ["Arm", "Arms", "gather"]

Counted = tuple[tuple[str, ...], IntArray, IntArray]
"""Replicas of one interval, their requests, and those above each edge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arm:
    """One version's replicas.

    Attributes:
        names: Replicas in the order they were first seen; those gone keep their row.
        total: Requests, shape (replicas, metrics).
        above: Requests above each edge, shape (replicas, edges).
    """

    names: tuple[str, ...]
    total: IntArray
    above: IntArray

    @classmethod
    def empty(cls, layout: Layout, names: tuple[str, ...] = ()) -> "Arm":
        """Nothing counted yet."""
        rows = len(names)
        return cls(
            names=names,
            total=np.zeros((rows, len(layout.metrics)), dtype=np.int64),
            above=np.zeros((rows, layout.width), dtype=np.int64),
        )

    def plus(self, later: "Arm") -> "Arm":
        """Add counts of the same replicas, some of them new at the end."""
        total, above = later.total.copy(), later.above.copy()
        total[: len(self.names)] += self.total
        above[: len(self.names)] += self.above
        return Arm(names=later.names, total=total, above=above)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arms:
    """The two versions that are compared."""

    canary: Arm
    baseline: Arm

    def plus(self, later: "Arms") -> "Arms":
        """Add counts of the same replicas, some of them new at the end."""
        canary = self.canary.plus(later.canary)
        return Arms(canary=canary, baseline=self.baseline.plus(later.baseline))


def gather(layout: Layout, intervals: Mapping[str, Interval], known: Arms) -> Arms:
    """Lay one tick's intervals into the wide columns; metrics without one stay at zero.

    Args:
        layout: Where the columns are.
        intervals: By metric name; a missing one is a missing scrape.
        known: Replicas so far. New ones follow them in the order of their names.

    Raises:
        InvalidInterval: A name is unknown or an interval has another number of edges.
    """
    _check(layout, intervals)
    indices = [i for i, metric in enumerate(layout.metrics) if metric.name in intervals]
    rows = [intervals[layout.metrics[i].name] for i in indices]
    canary = Arm.empty(layout, _roster(known.canary, (row.canary_replicas for row in rows)))
    baseline = Arm.empty(layout, _roster(known.baseline, (row.baseline_replicas for row in rows)))
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault((row.canary_replicas, row.baseline_replicas), []).append(place)
    for members in groups.values():
        chosen = [rows[m] for m in members]
        where = np.array([indices[m] for m in members])
        taken = np.zeros(len(layout.metrics), dtype=np.bool_)
        taken[where] = True
        columns = np.flatnonzero(taken[layout.owner])
        here = [(row.canary_replicas, row.canary_total, row.canary_above) for row in chosen]
        there = [(row.baseline_replicas, row.baseline_total, row.baseline_above) for row in chosen]
        _fill(canary, where, columns, here)
        _fill(baseline, where, columns, there)
    return Arms(canary=canary, baseline=baseline)


def _check(layout: Layout, intervals: Mapping[str, Interval]) -> None:
    widths = {metric.name: metric.width for metric in layout.metrics}
    for name, interval in intervals.items():
        if name not in widths:
            msg = f"No metric is called {name!r}. This analysis has {', '.join(widths)}."
            raise InvalidInterval(msg)
        for above in (interval.canary_above, interval.baseline_above):
            if above.shape[1] != widths[name]:
                msg = f"{name!r} has {widths[name]} edges, but the counts have {above.shape[1]}."
                raise InvalidInterval(msg)


def _roster(arm: Arm, seen: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    new = {name for names in set(seen) - {arm.names} for name in names}.difference(arm.names)
    return arm.names + tuple(sorted(new)) if new else arm.names


def _fill(arm: Arm, metrics: IntArray, columns: IntArray, counted: Sequence[Counted]) -> None:
    """Lay counts of the same replicas into their rows; whole blocks where they lie together."""
    place = {name: row for row, name in enumerate(arm.names)}
    rows = _span(np.array([place[name] for name in counted[0][0]], dtype=np.int64))
    total = np.concatenate([total for _, total, _ in counted]).reshape(len(counted), -1)
    _lay(arm.total, rows, _span(metrics), total.T)
    above = np.concatenate([above for _, _, above in counted], axis=1)
    _lay(arm.above, rows, _span(columns), above)


def _span(indices: IntArray) -> IntArray | slice:
    """Neighbours in rising order as a slice, which numpy copies several times faster."""
    first, count = int(indices[0]) if len(indices) else 0, len(indices)
    together = np.array_equal(indices, np.arange(first, first + count))
    return slice(first, first + count) if together else indices


def _lay(
    wide: IntArray, rows: IntArray | slice, columns: IntArray | slice, counts: IntArray
) -> None:
    if isinstance(rows, slice) or isinstance(columns, slice):
        wide[rows, columns] = counts
    else:
        wide[np.ix_(rows, columns)] = counts
