"""The evidence gate: at low traffic, a burn rate alone is chance as often as it is trouble.

One failure among ten requests an hour is a burn rate of a hundred, and no reason to wake anyone.
The gate asks how likely so many failures are while the promise is being kept.
"""

from dataclasses import dataclass
from math import exp, lgamma, log, log1p

from slo.sli import Counts

__all__ = ["EvidenceGate", "chance_of_at_least"]

NEGLIGIBLE = 1e-17


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceGate:
    """What an alert needs besides its burn rate.

    Attributes:
        chance: It must be less likely than this that a service which keeps its promise shows so
            many failures.
        min_bad: Failures without which nothing is said.
        unit: How many counts one event is: slices by their share are counted in many small parts.
    """

    chance: float = 1e-4
    min_bad: int = 2
    unit: int = 1

    def passes(self, counts: Counts, allowed_error_ratio: float) -> bool:
        """Whether the failures are more than chance."""
        bad, total = counts.bad // self.unit, counts.total // self.unit
        if bad < self.min_bad:
            return False
        return chance_of_at_least(bad, total, allowed_error_ratio) < self.chance


def chance_of_at_least(bad: int, total: int, ratio: float) -> float:
    """Return P(X >= bad) for X binomial with ``total`` tries of chance ``ratio`` each.

    The tail is summed from its first term on; terms fall once they are past the mean, so the sum
    ends where they no longer count. Below the mean the other tail is summed instead.
    """
    if bad <= 0:
        return 1.0
    if bad > total:
        return 0.0
    if bad <= total * ratio:
        return 1.0 - _tail(total - bad + 1, total, 1.0 - ratio)
    return _tail(bad, total, ratio)


def _tail(first: int, total: int, ratio: float) -> float:
    """Sum the upper tail from ``first`` on, which lies above the mean."""
    start = lgamma(total + 1) - lgamma(first + 1) - lgamma(total - first + 1)
    term = exp(start + first * log(ratio) + (total - first) * log1p(-ratio))
    odds, tail, count = ratio / (1.0 - ratio), 0.0, first
    while count <= total and (term > tail * NEGLIGIBLE or tail == 0.0):
        if term == 0.0:
            break
        tail += term
        term *= (total - count) / (count + 1) * odds
        count += 1
    return min(1.0, tail)
