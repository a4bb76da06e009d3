"""Counts of made-up traffic, tick by tick.

Every array has the shape (replicas, runs), canary replicas first, so that all runs go side by side.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from canary_analysis.arrays import BoolArray, FloatArray, IntArray
from canary_analysis.traffic import EDGES, Traffic

__all__ = ["Counts", "made_up"]

TYPICAL = (0.97, 0.080, 0.4)
TAIL = (0.03, 0.500, 0.8)
"""Latency is a mixture of two lognormals: share, median in seconds, sigma."""

FINEST, SLOWEST = 0.001, 4.0
"""Slowness (a logarithm) is rounded to the first and cut at the second."""

WOBBLE_SECONDS, LOAD_SECONDS, LOAD_PERIOD = 120.0, 300.0, 1_800.0
BURST_SECONDS, BURST = 20.0, 20.0
SPELL_SECONDS, SPELL_SLOWER, SPELL_ERRORS = 300.0, 1.5, 3.0
SICK_SLOWER, SICK_ERRORS = 3.0, 10.0
RAMP = (0.2, 0.5, 1.0)
"""Parts of the canary's share in the thirds of a ramp, while the load doubles."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """What one tick counted.

    Attributes:
        total: Requests, shape (replicas, runs).
        failed: Errors, shape (replicas, runs).
        above: Requests above each edge, shape (replicas, runs, edges).
    """

    total: IntArray
    failed: IntArray
    above: IntArray


def made_up(
    traffic: Traffic, rng: np.random.Generator, *, runs: int, seconds: float
) -> Iterator[tuple[float, Counts]]:
    """Yield the end of each tick and what was counted in it.

    Args:
        traffic: What the service looks like.
        rng: The only source of randomness.
        runs: How many services of this kind.
        seconds: How long.
    """
    shape = (traffic.canary_replicas + traffic.baseline_replicas, runs)
    lasting = _Lasting.drawn(traffic, rng, shape)
    passing = _Passing.drawn(traffic, rng, shape)
    before, after = _chances(1.0), _chances(traffic.slower_tail)
    waiting = _nothing(shape)
    for number in range(1, round(seconds / traffic.tick_seconds) + 1):
        elapsed = number * traffic.tick_seconds
        passing = passing.later(traffic, rng)
        load = _load(traffic, passing, elapsed, seconds)
        slowness = lasting.slowness + passing.slowness + traffic.load_slows * np.log(load)
        slowness = slowness + _change(traffic, elapsed)
        place = np.clip(np.rint((slowness + SLOWEST) / FINEST), 0, len(before) - 1).astype(np.int64)
        bad = elapsed > traffic.onset_seconds and traffic.slower_tail != 1.0
        chances = np.where(traffic.on_canary[..., None], after[place], before[place])
        chances = chances if bad else before[place]
        sent = _sent(traffic, elapsed, seconds) * load
        placed = rng.poisson(sent[..., None] * chances)
        counts = _counts(traffic, rng, placed, elapsed, lasting.fragility * passing.fragility)
        scraped, waiting = _scraped(traffic, rng, counts, waiting)
        yield elapsed, scraped


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lasting:
    """How replicas differ for good."""

    slowness: FloatArray
    fragility: FloatArray

    @classmethod
    def drawn(
        cls, traffic: Traffic, rng: np.random.Generator, shape: tuple[int, int]
    ) -> "_Lasting":
        heavy = traffic.heavy_offsets
        raw = rng.standard_t(2, (2, *shape)) if heavy else rng.normal(size=(2, *shape))
        slowness = raw[0] * traffic.latency_offsets
        fragility = np.exp(np.clip(raw[1] * traffic.error_offsets, -5.0, 5.0))
        if traffic.sick_replica:
            slowness[0] += np.log(SICK_SLOWER)
            fragility[0] *= SICK_ERRORS
        return cls(slowness=slowness, fragility=fragility)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Passing:
    """How replicas differ for a while: wobbles, and the seconds left of bursts and spells."""

    wobble: FloatArray
    burst: FloatArray
    spell: FloatArray
    load: FloatArray
    phase: FloatArray

    @classmethod
    def drawn(
        cls, traffic: Traffic, rng: np.random.Generator, shape: tuple[int, int]
    ) -> "_Passing":
        spelled = rng.random(shape) < traffic.spells_per_hour * SPELL_SECONDS / 3_600.0
        return cls(
            wobble=rng.normal(size=shape) * traffic.wobble,
            burst=np.zeros(shape),
            spell=np.where(spelled, rng.random(shape) * SPELL_SECONDS, 0.0),
            load=rng.normal(size=shape[1]) * traffic.load_swing,
            phase=rng.random(shape[1]) * 2.0 * np.pi,
        )

    def later(self, traffic: Traffic, rng: np.random.Generator) -> "_Passing":
        """One tick on."""
        tick = traffic.tick_seconds
        return _Passing(
            wobble=_drifted(self.wobble, traffic.wobble, tick / WOBBLE_SECONDS, rng),
            burst=_renewed(self.burst, traffic.bursts_per_hour, BURST_SECONDS, tick, rng),
            spell=_renewed(self.spell, traffic.spells_per_hour, SPELL_SECONDS, tick, rng),
            load=_drifted(self.load, traffic.load_swing, tick / LOAD_SECONDS, rng),
            phase=self.phase,
        )

    @property
    def slowness(self) -> FloatArray:
        """Logarithm of a factor on latency."""
        return np.asarray(self.wobble + np.log(SPELL_SLOWER) * (self.spell > 0.0))

    @property
    def fragility(self) -> FloatArray:
        """Factor on the error share."""
        bursting = np.where(self.burst > 0.0, BURST, 1.0)
        return bursting * np.where(self.spell > 0.0, SPELL_ERRORS, 1.0)


def _drifted(value: FloatArray, sigma: float, part: float, rng: np.random.Generator) -> FloatArray:
    if sigma == 0.0:
        return value
    kept = np.exp(-part)
    moved = sigma * np.sqrt(1.0 - kept * kept) * rng.normal(size=value.shape)
    return np.asarray(kept * value + moved)


def _renewed(
    left: FloatArray, per_hour: float, length: float, tick: float, rng: np.random.Generator
) -> FloatArray:
    if per_hour == 0.0:
        return left
    begins = rng.random(left.shape) < per_hour * tick / 3_600.0
    return np.where(begins, length, np.maximum(left - tick, 0.0))


def _load(traffic: Traffic, passing: _Passing, elapsed: float, seconds: float) -> FloatArray:
    """A factor on all requests, by run."""
    wave = np.sin(2.0 * np.pi * elapsed / LOAD_PERIOD + passing.phase)
    rising = np.log1p(elapsed / seconds) if traffic.ramp else 0.0
    return np.asarray(np.exp(passing.load + traffic.load_swing * wave + rising))


def _change(traffic: Traffic, elapsed: float) -> FloatArray:
    """What is slower about the canary by now, shape (replicas, 1)."""
    bad = np.log(traffic.slower) if elapsed > traffic.onset_seconds else 0.0
    fresh = np.log(traffic.fresh_slower) * np.exp(-elapsed / traffic.fresh_seconds)
    return np.where(traffic.on_canary, bad + fresh, 0.0)


def _sent(traffic: Traffic, elapsed: float, seconds: float) -> FloatArray:
    """Requests in a tick, shape (replicas, 1)."""
    third = min(int(3.0 * elapsed / seconds), 2)
    part = traffic.misrouted * (RAMP[third] if traffic.ramp else 1.0)
    return np.where(traffic.on_canary, part, 1.0) * traffic.rate * traffic.tick_seconds


def _chances(slower_tail: float) -> FloatArray:
    """Probability of each bucket, by rounded slowness."""
    slowness = np.arange(-SLOWEST, SLOWEST + FINEST, FINEST)[:, None]
    below = np.zeros((len(slowness), len(EDGES)))
    for (share, middle, sigma), factor in ((TYPICAL, 1.0), (TAIL, slower_tail)):
        below += share * ndtr((np.log(EDGES) - np.log(middle * factor) - slowness) / sigma)
    return np.diff(below, axis=-1, prepend=0.0, append=1.0)


def _counts(
    traffic: Traffic,
    rng: np.random.Generator,
    placed: IntArray,
    elapsed: float,
    fragility: FloatArray,
) -> Counts:
    total = placed.sum(axis=-1)
    worse = traffic.canary_errors if elapsed > traffic.onset_seconds else None
    worse = traffic.errors if worse is None else worse
    failing = np.where(traffic.on_canary, worse, traffic.errors) * fragility
    return Counts(
        total=total,
        failed=rng.binomial(total, np.minimum(failing, 1.0)),
        above=total[..., None] - np.cumsum(placed, axis=-1)[..., :-1],
    )


def _nothing(shape: tuple[int, int]) -> Counts:
    zero = np.zeros(shape, dtype=np.int64)
    return Counts(total=zero, failed=zero, above=np.zeros((*shape, len(EDGES)), dtype=np.int64))


def _scraped(
    traffic: Traffic, rng: np.random.Generator, new: Counts, waiting: Counts
) -> tuple[Counts, Counts]:
    """What a scrape sees, and what waits for the next one."""
    if traffic.lost_scrapes == 0.0 and traffic.resets_per_hour == 0.0:
        return new, waiting
    reset = rng.random(new.total.shape) < traffic.resets_per_hour * traffic.tick_seconds / 3_600.0
    lost = rng.random(new.total.shape) < traffic.lost_scrapes
    kept = ~reset
    both = Counts(
        total=(new.total + waiting.total) * kept,
        failed=(new.failed + waiting.failed) * kept,
        above=(new.above + waiting.above) * kept[..., None],
    )
    return _where(~lost, both), _where(lost, both)


def _where(chosen: BoolArray, counts: Counts) -> Counts:
    return Counts(
        total=counts.total * chosen,
        failed=counts.failed * chosen,
        above=counts.above * chosen[..., None],
    )
