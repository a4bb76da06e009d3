"""Gauges such as GPU utilisation or memory: levels, not counts, so another kind of evidence.

Readings follow each other closely, so single ones prove nothing: tests on them convict healthy
canaries more often than not. Two keys must turn before a gauge warns:

1. Blocks: the difference of the arms' means in blocks of five minutes, eight at least, as a bet
   that it is above the margin, which may be read at any time (asymptotically).
2. Replicas: a t test of all replicas' means, because a lasting difference between two pods makes
   every block agree. Replicas, not readings, are the sample.

Source: Robbins (1970) for the one-sided normal mixture; Waudby-Smith et al. (2024) for its use with
an estimated variance.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil, exp, inf, isfinite, log, sqrt

import numpy as np
from scipy.special import ndtr, stdtr

from canary_analysis.arrays import FloatArray
from canary_analysis.errors import InvalidInterval

__all__ = ["FEWEST_BLOCKS", "Gauge", "Readings", "block_evidence", "block_interval", "replica_key"]

BLOCK_SECONDS = 300.0
"""Long enough that blocks hardly depend on each other."""

FEWEST_BLOCKS = 8
"""Fewer say nothing about how much blocks vary."""

SPREAD = 0.8
"""The bet is spread over differences of this many standard deviations of a block; best at a dozen."""

MOST = 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One gauge at one scrape, by replica. A replica that was not scraped is left out.

    Attributes:
        canary: Levels of replicas that serve the canary alone.
        baseline: The same of the baseline.
        elapsed_seconds: When they were read, since the analysis began.
        shared: How many replicas serve both; their level is no version's, so it is not read.

    Raises:
        InvalidInterval: A reading is no finite number, or the time is negative.
    """

    canary: Mapping[str, float]
    baseline: Mapping[str, float]
    elapsed_seconds: float
    shared: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        for name, value in (*self.canary.items(), *self.baseline.items()):
            if not isfinite(value):
                msg = f"Replica {name!r} reads {value:g}. Leave out what was not scraped."
                raise InvalidInterval(msg)
        if not (isfinite(self.elapsed_seconds) and self.elapsed_seconds >= 0.0):
            msg = f"elapsed_seconds must be 0 or more, not {self.elapsed_seconds:g}."
            raise InvalidInterval(msg)


Sums = Mapping[str, tuple[float, int]]
"""By replica: the sum of its readings and how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """All that was learned of one gauge; `observe` returns the next one.

    Attributes:
        block: Number of the open block.
        open_canary: Readings in the open block, by replica.
        open_baseline: The same for the baseline.
        canary: All readings, by replica.
        baseline: The same for the baseline.
        blocks: Finished blocks in which both arms were read.
        mean: Mean of their differences.
        squares: Sum of squared deviations from it.
        canary_seconds: When the canary was last read, since the analysis began; None before.
        baseline_seconds: The same for the baseline.
        shared: Replicas that served both versions at the last scrape.
    """

    block: int = 0
    open_canary: Sums = field(default_factory=dict)
    open_baseline: Sums = field(default_factory=dict)
    canary: Sums = field(default_factory=dict)
    baseline: Sums = field(default_factory=dict)
    blocks: int = 0
    mean: float = 0.0
    squares: float = 0.0
    canary_seconds: float | None = None
    baseline_seconds: float | None = None
    shared: int = 0

    def observe(self, tick: Readings) -> "Gauge":
        """Add one scrape; a block is closed by the first scrape after it."""
        block = max(0, ceil(tick.elapsed_seconds / BLOCK_SECONDS) - 1)
        now = self if block <= self.block else replace(self._closed(), block=block)
        return replace(
            now,
            open_canary=_plus(now.open_canary, tick.canary),
            open_baseline=_plus(now.open_baseline, tick.baseline),
            canary=_plus(now.canary, tick.canary),
            baseline=_plus(now.baseline, tick.baseline),
            canary_seconds=tick.elapsed_seconds if tick.canary else now.canary_seconds,
            baseline_seconds=tick.elapsed_seconds if tick.baseline else now.baseline_seconds,
            shared=tick.shared,
        )

    def last_seconds(self) -> float | None:
        """When both arms were last read; None before."""
        if self.canary_seconds is None or self.baseline_seconds is None:
            return None
        return min(self.canary_seconds, self.baseline_seconds)

    @property
    def deviation(self) -> float:
        """Standard deviation of the difference between blocks."""
        return sqrt(self.squares / (self.blocks - 1)) if self.blocks > 1 else 0.0

    def _closed(self) -> "Gauge":
        empty = replace(self, open_canary={}, open_baseline={})
        if not (self.open_canary and self.open_baseline):
            return empty
        difference = float(means(self.open_canary).mean() - means(self.open_baseline).mean())
        blocks, off = self.blocks + 1, difference - self.mean
        mean = self.mean + off / blocks
        squares = self.squares + off * (difference - mean)
        return replace(empty, blocks=blocks, mean=mean, squares=squares)


def means(sums: Sums) -> FloatArray:
    """Mean of each replica, in the order of names so that sums come out the same."""
    return np.array([sums[name][0] / sums[name][1] for name in sorted(sums)])


def block_evidence(gauge: Gauge, margin: float) -> float:
    """The e-value against "the canary's level is at most `margin` above"; 1 with too few blocks."""
    if gauge.blocks < FEWEST_BLOCKS:
        return 1.0
    surplus = gauge.blocks * (gauge.mean - margin)
    if gauge.deviation == 0.0:
        return MOST if surplus > 0.0 else 0.0
    total = surplus / gauge.deviation
    width = gauge.blocks * SPREAD**2 + 1.0
    grown = min((SPREAD * total) ** 2 / (2.0 * width), 600.0)
    return float(2.0 / sqrt(width) * exp(grown) * ndtr(SPREAD * total / sqrt(width)))


def block_interval(gauge: Gauge, alpha: float) -> tuple[float, float]:
    """The difference of levels, both sides, readable at any time; infinite with too few blocks."""
    if gauge.blocks < FEWEST_BLOCKS:
        return -inf, inf
    width = gauge.blocks * SPREAD**2 + 1.0
    reach = sqrt(2.0 * width / SPREAD**2 * log(sqrt(width) / alpha)) / gauge.blocks
    return gauge.mean - reach * gauge.deviation, gauge.mean + reach * gauge.deviation


def replica_key(gauge: Gauge, margin: float) -> float:
    """One over the p-value of a t test between replicas; 1 with fewer than three of them.

    With one canary replica its spread is taken to be the baseline's.
    """
    here, there = means(gauge.canary), means(gauge.baseline)
    free = len(here) + len(there) - 2
    if free < 1 or not (len(here) and len(there)):
        return 1.0
    spread = np.square(here - here.mean()).sum() + np.square(there - there.mean()).sum()
    error = sqrt(spread / free * (1.0 / len(here) + 1.0 / len(there)))
    surplus = float(here.mean() - there.mean()) - margin
    if error == 0.0:
        return MOST if surplus > 0.0 else 1.0
    return float(1.0 / max(stdtr(free, -surplus / error), 1.0 / MOST))


def _plus(sums: Sums, readings: Mapping[str, float]) -> Sums:
    added = dict(sums)
    for name, value in readings.items():
        total, count = added.get(name, (0.0, 0))
        added[name] = (total + float(value), count + 1)
    return added
