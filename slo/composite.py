"""One SLO out of several: what its parts count, brought together by a rule that says what an event is.

Counts of unlike events have no common meaning by themselves, so the budgeting method says what is
added. Occurrences add events: either each event is checked by all parts (``any``: it is bad if any part
says so), or the parts have events of their own, each worth its part's weight (``weights``). Slices add
time: a slice is bad if any part missed its own share (Timeslices), or is worth the weighted mean of
the parts' shares (RatioTimeslices). A part without traffic is left out of its slice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import lcm

import numpy as np

from slo.count_history import CountHistory
from slo.selector import Selector
from slo.sli import Sli

__all__ = ["AnySli", "CompositeSli", "Part", "Rule", "blended", "whole_weights"]

FINEST = 1000
"""Weights are taken to a thousandth."""


class Rule(StrEnum):
    """What the events of an SLO of several parts are."""

    ANY = "any"
    WEIGHTS = "weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a composite.

    Attributes:
        name: For people.
        sli: What it counts as good.
        weight: Among the parts.
        slice_target: Share of good events that makes a slice a good one; 0 where slices are not
            judged.
    """

    name: str
    sli: Sli
    weight: float = 1.0
    slice_target: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeSli:
    """Several indicators that make one SLO.

    Attributes:
        parts: At least two.
        rule: What an event is; without meaning where slices are counted.
    """

    parts: tuple[Part, ...]
    rule: Rule

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the series that it may rest on."""
        return frozenset().union(*(part.sli.names for part in self.parts))

    @property
    def whole(self) -> tuple[Selector, ...]:
        """Return the selectors of which any tells that there is something to count."""
        return tuple(selector for part in self.parts for selector in part.sli.whole)

    def where(self, labels: Mapping[str, str]) -> "CompositeSli":
        """Return the same of series with these labels alone."""
        narrowed = (replace(part, sli=part.sli.where(labels)) for part in self.parts)
        return replace(self, parts=tuple(narrowed))

    def __str__(self) -> str:
        joint = " or " if self.rule is Rule.ANY else " and "
        if self.rule is Rule.ANY:
            return "bad by any of: " + joint.join(str(part.sli) for part in self.parts)
        return joint.join(f"{part.weight:g} x ({part.sli})" for part in self.parts)


AnySli = Sli | CompositeSli


def whole_weights(sli: CompositeSli) -> tuple[int, ...]:
    """Return what one bad event of each part adds, as whole numbers in the parts' proportions.

    >>> from slo.selector import Selector
    >>> from slo.sli import RatioSli
    >>> one = RatioSli(total=(Selector(name="a"),), bad=(Selector(name="b"),))
    >>> parts = (Part(name="x", sli=one, weight=1.5), Part(name="y", sli=one, weight=1.0))
    >>> whole_weights(CompositeSli(parts=parts, rule=Rule.WEIGHTS))
    (3, 2)
    """
    if sli.rule is Rule.ANY:
        return (1,) * len(sli.parts)
    written = [
        Fraction(part.weight).limit_denominator(FINEST) or Fraction(1, FINEST) for part in sli.parts
    ]
    scale = lcm(*(each.denominator for each in written))
    return tuple(int(each * scale) for each in written)


def blended(histories: Sequence[CountHistory], sli: CompositeSli) -> CountHistory:
    """Return the past of a composite that adds events, given those of its parts.

    Where each event is checked by all parts, the first part's events are all there are.
    """
    known = [history for history in histories if len(history.times)]
    if not known:
        return histories[0]
    times = np.unique(np.concatenate([history.times for history in known]))
    sums = [history.sums_at(times) for history in histories]
    weights = whole_weights(sli)
    bad = np.array([weight * each[0] for weight, each in zip(weights, sums, strict=True)])
    total = np.array([weight * each[1] for weight, each in zip(weights, sums, strict=True)])
    events = total[0] if sli.rule is Rule.ANY else total.sum(axis=0)
    return CountHistory(times=times, bad=bad.sum(axis=0), total=events)
