"""Counts by replica, on both arms, in the wide columns of a layout."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from canary_analysis.arrays import IntArray
from canary_analysis.errors import InvalidInterval
from canary_analysis.layout import Layout
from canary_analysis.metric import Interval

__all__ = ["Arm", "Arms", "gather"]


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
        columns = np.flatnonzero(np.isin(layout.owner, where))
        names = chosen[0].canary_replicas
        _fill(canary, names, where, [row.canary_total for row in chosen])
        _fill_edges(canary, names, columns, [row.canary_above for row in chosen])
        names = chosen[0].baseline_replicas
        _fill(baseline, names, where, [row.baseline_total for row in chosen])
        _fill_edges(baseline, names, columns, [row.baseline_above for row in chosen])
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
    new = {name for names in set(seen) for name in names} - set(arm.names)
    return arm.names + tuple(sorted(new))


def _rows(arm: Arm, names: tuple[str, ...]) -> IntArray:
    place = {name: row for row, name in enumerate(arm.names)}
    return np.array([place[name] for name in names], dtype=np.int64)


def _fill(arm: Arm, names: tuple[str, ...], metrics: IntArray, totals: list[IntArray]) -> None:
    arm.total[np.ix_(_rows(arm, names), metrics)] = np.stack(totals, axis=1)


def _fill_edges(arm: Arm, names: tuple[str, ...], columns: IntArray, above: list[IntArray]) -> None:
    arm.above[np.ix_(_rows(arm, names), columns)] = np.concatenate(above, axis=1)
