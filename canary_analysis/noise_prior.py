"""What finished rollouts of a service tell the next one about replica noise.

phi cannot be measured between a few baseline replicas, and then `Policy.prior_phi` stands in. It
should come from the service's own past. phi grows with the requests behind it: lasting differences
between replicas give 1 + requests x a constant of the service, so that constant is what is carried
over. Of the rollouts seen an upper quantile is taken: too large a prior costs delay, too small a
one rolls back good canaries. Short ones are left out: chance alone shows noise where little was
counted, and carried over to many requests it would be blown up. It is an estimate, not a guarantee.

Fleets too small for that still tell how much their replicas differ, a little in each rollout. Their
spread, the standard deviation of log odds between replicas, replaces bit by bit what was expected
before any was seen (`Policy.prior_spread`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from canary_analysis.errors import InvalidPolicy
from canary_analysis.finding import Finding
from canary_analysis.replicas import spread_information
from canary_analysis.state import State

__all__ = [
    "MOST_PHI",
    "NoiseSeen",
    "SpreadSeen",
    "noise_seen",
    "prior_phi",
    "prior_spread",
    "spread_seen",
]

UPPER = 0.8
"""Quantile of the rollouts seen; of fewer than five it is the largest."""

SHORT = 0.5
"""A rollout with less than this share of the requests of the longest."""

MOST_PHI = 100.0
"""More noise than this is a fault of the baseline, not a trait of the service."""

ENOUGH_INFORMATION = 50.0
"""Of one replica: with less, chance alone moves its log odds by more than a seventh."""

EXPECTED_WEIGHT = 4.0
"""What was expected before counts as much as so many replicas."""

MOST_SPREAD = 1.0
"""Replicas that differ more are not alike, whatever the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadSeen:
    """How much the replicas of one rollout differed, each arm by itself.

    Attributes:
        variance: Of their log odds, at least 0.
        replicas: How many had another of their arm to differ from.
    """

    variance: float
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseSeen:
    """Replica noise at the end of one rollout.

    Attributes:
        phi: As it was measured, at least 1.
        requests: Baseline requests behind it.

    Raises:
        InvalidPolicy: They cannot have been measured.
    """

    phi: float
    requests: int

    def __post_init__(self) -> None:
        """Refuse what no rollout can have seen."""
        if not (isfinite(self.phi) and self.phi >= 1.0 and self.requests > 0):
            msg = f"phi {self.phi:g} of {self.requests} requests was never measured."
            raise InvalidPolicy(msg)


def noise_seen(findings: Iterable[Finding]) -> NoiseSeen | None:
    """The noisiest metric of a finished rollout; None when phi was measured for none."""
    measured = [found for found in findings if found.phi_estimated and found.baseline_requests]
    if not measured:
        return None
    noisiest = max(measured, key=lambda found: found.phi)
    return NoiseSeen(phi=noisiest.phi, requests=noisiest.baseline_requests)


def prior_phi(seen: Sequence[NoiseSeen], *, requests: int) -> float:
    """The next rollout's `Policy.prior_phi`; 1 when nothing was seen.

    Args:
        seen: Finished rollouts of the service with about as many replicas, the latest ten or so.
        requests: Baseline requests that the next rollout will count.

    >>> prior_phi([NoiseSeen(phi=3.0, requests=1_000)] * 5, requests=2_000)
    5.0
    """
    if not seen:
        return 1.0
    longest = max(each.requests for each in seen)
    weighty = [each for each in seen if each.requests >= SHORT * longest]
    slopes = [(each.phi - 1.0) / each.requests for each in weighty]
    upper = float(np.quantile(slopes, UPPER, method="higher"))
    return min(1.0 + upper * requests, MOST_PHI)


def spread_seen(state: State) -> SpreadSeen | None:
    """What one rollout showed; None where no arm had two replicas with enough requests.

    Of each metric the edge that tells most is taken.
    """
    layout = state.layout
    beyond, told, free = spread_information(layout, state.arms)
    best = [
        columns.start + int(np.argmax(told[columns]))
        for columns in map(layout.columns, range(len(layout.metrics)))
    ]
    best = [edge for edge in best if free[edge] and told[edge] >= ENOUGH_INFORMATION * free[edge]]
    if not best:
        return None
    variance = float(beyond[best].sum() / told[best].sum())
    return SpreadSeen(variance=max(0.0, variance), replicas=int(free[best].max()))


def prior_spread(seen: Sequence[SpreadSeen], *, expected: float) -> float:
    """The next rollout's `Policy.prior_spread`.

    Args:
        seen: Finished rollouts of the service, the latest ten or so.
        expected: What is assumed where nothing was seen.

    >>> quiet = [SpreadSeen(variance=0.0, replicas=2)] * 6
    >>> prior_spread([], expected=0.25), prior_spread(quiet, expected=0.25)
    (0.25, 0.125)
    """
    replicas = sum(each.replicas for each in seen)
    shown = sum(each.replicas * each.variance for each in seen)
    variance = (EXPECTED_WEIGHT * expected**2 + shown) / (EXPECTED_WEIGHT + replicas)
    return float(min(np.sqrt(variance), MOST_SPREAD))
