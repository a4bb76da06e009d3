"""One look at all SLOs and all their windows at once: who may fire.

Where a window of a rule stays below its limit the rule does not fire, whatever else it looks at. The
look reads every window of every rule as a difference of two rows of running sums; the evaluation in
full, with its gate and its words for people, is for the few SLOs that are in trouble.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from controlplane.counting import Counting
from controlplane.promise import Promise, RuleLimit
from controlplane.promise_book import PromiseBook
from slo import may_burn

__all__ = ["QuickLook"]

Columns = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Windows:
    """All windows of one length, side by side; ``rules`` says whose they are."""

    seconds: float
    rules: Columns
    part: Columns
    total: Columns
    by_bad: npt.NDArray[np.bool_]
    limit: npt.NDArray[np.float64]


class QuickLook:
    """The look, compiled once for all promises that are counted.

    Args:
        promises: All that there are; those that are not counted yet are left out until they are.
    """

    def __init__(self, promises: PromiseBook) -> None:
        self._promises = promises
        self._versions = -1, -1
        self._owners: list[Promise] = []
        self._windows: tuple[_Windows, ...] = ()

    def suspects(self, counting: Counting, *, now: float) -> list[Promise]:
        """Return the promises of which a rule may fire now."""
        if (counting.sums.version, self._promises.version) != self._versions:
            self._compile(counting)
        sums = counting.sums.values
        hot = np.ones(len(self._owners), dtype=np.bool_)
        for each in self._windows:
            past = counting.sums_at(now - each.seconds)
            gained = sums if past is None else sums - past
            hot[each.rules] &= may_burn(
                gained[each.part], gained[each.total], by_bad=each.by_bad, limit=each.limit
            )
        found = {self._owners[at].slo.name: self._owners[at] for at in np.flatnonzero(hot)}
        return list(found.values())

    def _compile(self, counting: Counting) -> None:
        columns = counting.sums.columns
        counted = (each for each in self._promises.values() if each.part_key in columns)
        known = [each for each in counted if each.calls]
        rules = [(each, limit) for each in known for limit in each.limits]
        lengths = sorted({seconds for _, limit in rules for seconds in limit.windows})
        self._owners = [promise for promise, _ in rules]
        self._windows = tuple(_windows(seconds, rules, columns) for seconds in lengths)
        self._versions = counting.sums.version, self._promises.version


def _windows(
    seconds: float, rules: Sequence[tuple[Promise, RuleLimit]], columns: Mapping[str, int]
) -> _Windows:
    """Bring together the windows of one length."""
    own = [at for at, (_, limit) in enumerate(rules) if seconds in limit.windows]
    promises = [rules[at][0] for at in own]
    return _Windows(
        seconds=seconds,
        rules=np.array(own, dtype=np.int64),
        part=np.array([columns[each.part_key] for each in promises], dtype=np.int64),
        total=np.array([columns[each.total_key] for each in promises], dtype=np.int64),
        by_bad=np.array([each.by_bad for each in promises], dtype=np.bool_),
        limit=np.array([rules[at][1].error_ratio for at in own]),
    )
