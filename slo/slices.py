"""Slices of time: each is closed once it is over, and counts as good or bad as a whole.

A slice begins at a multiple of its length on the clock of Unix time. What a page shows belongs to the
slice in which it was read. A slice without traffic is neither good nor bad. Where an SLO has several
parts, each of them has a share of good events in a slice, and those without traffic are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slo.budgeting import Budgeting, Share
from slo.count_history import CountHistory
from slo.period_counts import PeriodGain
from slo.sums import Sums

__all__ = ["SlicePart", "SliceRule", "Slices", "sliced"]

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePart:
    """One of the indicators that a slice is judged by.

    Attributes:
        part: Key of good events, or of bad ones.
        total: Key of all.
        by_bad: Whether the part is the bad ones.
        weight: Among the parts.
        target: Share of good events that this part must have; 0 where slices are not judged.
    """

    part: str
    total: str
    by_bad: bool
    weight: float = 1.0
    target: float = 0.0

    def share(self, part: float, total: float) -> Share:
        """Return what it gained within a slice."""
        good = total - part if self.by_bad else part
        return Share(good=good, total=total, weight=self.weight, target=self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRule:
    """Which sums are cut into slices, and where their worth is added up.

    Attributes:
        parts: The sums that are cut; one pair, or several.
        good: Key of the worth of good slices.
        all: Key of the worth of all.
        budgeting: How a slice is judged.
        read_late: Whether its pages are read late: time passes for it with their own times.
    """

    parts: tuple[SlicePart, ...]
    good: str
    all: str
    budgeting: Budgeting
    read_late: bool = False


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
        if len(self.state.get(rule.good, ())) != 1 + 4 * len(rule.parts):
            self.state.pop(rule.good, None)  # it had other parts before
        self._rules[rule.good] = rule
        self.keys.update((rule.good, rule.all))

    def undefine(self, good: str) -> None:
        """Cut no more; what the slices were worth stays."""
        self._rules.pop(good, None)
        self.state.pop(good, None)

    def pass_time(self, now: float, sums: Sums) -> None:
        """Close the slices that are over by now; what was counted since the last look is of now's."""
        for rule in self._rules.values():
            if not rule.read_late:
                self._pass(rule, now, sums)

    def pass_late_time(self, good: str, at: float, sums: Sums) -> tuple[PeriodGain, ...]:
        """Close the slices of one rule that are over by the time of a page; return their worth.

        The page itself is counted after that.
        """
        rule = self._rules.get(good)
        return () if rule is None else self._pass(rule, at, sums)

    def _pass(self, rule: SliceRule, now: float, sums: Sums) -> tuple[PeriodGain, ...]:
        length = rule.budgeting.length.total_seconds()
        number = float(now // length)
        seen = [sums.get(key) for part in rule.parts for key in (part.part, part.total)]
        state = self.state.setdefault(rule.good, [number, *seen, *seen])
        width = len(seen)
        then, before = state[1 : width + 1], state[width + 1 :]
        worth: tuple[PeriodGain, ...] = ()
        if number > state[0]:
            # Of a page that is read late nothing was counted yet; of one that just came, all was.
            ended = seen if rule.read_late else before
            gained = [late - early for early, late in zip(then, ended, strict=True)]
            worth = self._close(rule, gained, sums, (state[0] + 1.0) * length)
            state[: width + 1] = number, *ended
        state[width + 1 :] = seen
        return worth

    def _close(
        self, rule: SliceRule, gained: Sequence[float], sums: Sums, at: float
    ) -> tuple[PeriodGain, ...]:
        shares = [
            part.share(gained[2 * place], gained[2 * place + 1])
            for place, part in enumerate(rule.parts)
        ]
        good, all_ = rule.budgeting.worth(shares)
        columns = np.array([sums.column(rule.good), sums.column(rule.all)])
        sums.add(columns, np.array([good, all_], dtype=np.float64))
        keys = ((rule.good, good), (rule.all, all_))
        return tuple(PeriodGain(key=key, at=at, gained=float(worth)) for key, worth in keys)


def sliced(
    histories: Sequence[CountHistory], budgeting: Budgeting, parts: Sequence[tuple[float, float]]
) -> CountHistory:
    """Return pasts of events as one of slices; the last slice, which may not be over, is left out.

    Args:
        histories: Of the indicators.
        budgeting: How a slice is judged.
        parts: Weight and target of each of them.
    """
    known = [history for history in histories if len(history.times)]
    if not known:
        return histories[0]
    length = budgeting.length.total_seconds()
    begin = min(float(history.times[0]) for history in known)
    numbers = np.unique(np.concatenate([history.times // length for history in known]))[:-1]
    # What was counted at a slice's very end belongs to the next one.
    ends = np.nextafter((numbers + 1.0) * length, -np.inf)
    gains = [_gained(history, begin, ends) for history in histories]
    worth = [
        budgeting.worth(
            [
                Share(good=float(total[at] - bad[at]), total=float(total[at]), weight=w, target=t)
                for (bad, total), (w, t) in zip(gains, parts, strict=True)
            ]
        )
        for at in range(len(numbers))
    ]
    good, all_slices = np.array(worth, dtype=np.int64).reshape(len(numbers), 2).cumsum(axis=0).T
    return CountHistory(
        times=np.concatenate(([begin], (numbers + 1.0) * length)),
        bad=np.concatenate(([0], all_slices - good)),
        total=np.concatenate(([0], all_slices)),
    )


def _gained(
    history: CountHistory, begin: float, ends: npt.NDArray[np.float64]
) -> tuple[Whole, Whole]:
    """Return bad and all events between the ends; from its first moment on, where counting begins."""
    first = float(history.times[0]) if len(history.times) else begin
    bad, total = history.sums_at(np.concatenate(([first], ends)))
    return _steps(bad), _steps(total)


def _steps(sums: Whole) -> Whole:
    """Return what is gained from one end to the next; before counting began there is nothing."""
    gained: Whole = np.diff(np.maximum(sums, sums[0]))
    return gained
