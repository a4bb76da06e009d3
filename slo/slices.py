"""Slices of time: each is closed once it is over, and counts as good or bad as a whole.

A slice begins at a multiple of its length on the clock of Unix time. What a page shows belongs to the
slice in which it was read. A slice without traffic is neither good nor bad.
"""

from dataclasses import dataclass

import numpy as np

from slo.budgeting import Budgeting
from slo.count_history import CountHistory
from slo.sums import Sums

__all__ = ["SliceRule", "Slices", "sliced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRule:
    """Which sums are cut into slices, and where their worth is added up.

    Attributes:
        part: Key of good events, or of bad ones.
        total: Key of all.
        by_bad: Whether the part is the bad ones.
        good: Key of the worth of good slices.
        all: Key of the worth of all.
        budgeting: How a slice is judged.
    """

    part: str
    total: str
    by_bad: bool
    good: str
    all: str
    budgeting: Budgeting


class Slices:
    """Closes slices as time passes.

    Attributes:
        state: By the key of good slices: number of the slice that is open, the sums when it began,
            and the sums when they were last looked at.
        keys: Of all sums that are worths of slices.
    """

    def __init__(self) -> None:
        self.state: dict[str, list[float]] = {}
        self.keys: set[str] = set()
        self._rules: dict[str, SliceRule] = {}

    def define(self, rule: SliceRule) -> None:
        """Cut these sums from now on, or go on from what was saved."""
        self._rules[rule.good] = rule
        self.keys.update((rule.good, rule.all))

    def pass_time(self, now: float, sums: Sums) -> None:
        """Close the slices that are over by now; what was counted since the last look is of now's."""
        for rule in self._rules.values():
            number = float(now // rule.budgeting.length.total_seconds())
            part, total = sums.get(rule.part), sums.get(rule.total)
            state = self.state.setdefault(rule.good, [number, part, total, part, total])
            open_now, part_then, total_then, part_seen, total_seen = state
            if number > open_now:
                self._close(rule, part_seen - part_then, total_seen - total_then, sums)
                state[:3] = number, part_seen, total_seen
            state[3:] = part, total

    def _close(self, rule: SliceRule, part: float, total: float, sums: Sums) -> None:
        worth = rule.budgeting.worth(total - part if rule.by_bad else part, total)
        columns = np.array([sums.column(rule.good), sums.column(rule.all)])
        sums.add(columns, np.array(worth, dtype=np.float64))


def sliced(history: CountHistory, budgeting: Budgeting) -> CountHistory:
    """Return a past of events as one of slices; the last slice, which may not be over, is left out."""
    if not len(history.times):
        return history
    length = budgeting.length.total_seconds()
    numbers = history.times // length
    # The last moment of each slice closes it: its sums less those of the slice before.
    last = np.flatnonzero(np.r_[np.diff(numbers) > 0.0, False])
    bad = np.diff(np.r_[history.bad[0], history.bad[last]])
    total = np.diff(np.r_[history.total[0], history.total[last]])
    worth = [
        budgeting.worth(float(all_ - bad_), float(all_))
        for bad_, all_ in zip(bad.tolist(), total.tolist(), strict=True)
    ]
    good, all_slices = np.array(worth, dtype=np.int64).reshape(len(last), 2).cumsum(axis=0).T
    begins = [history.times[:1], (numbers[last] + 1.0) * length]
    return CountHistory(
        times=np.concatenate(begins),
        bad=np.concatenate(([0], all_slices - good)),
        total=np.concatenate(([0], all_slices)),
    )
