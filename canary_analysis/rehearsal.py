"""Try a policy on made-up traffic before trusting it: false alarms, delay, proof.

Every run is an analysis of its own with one error counter and one histogram. All runs go through
the same code as real traffic, side by side in one wide state.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm

from canary_analysis.appraisal import prove_all, weigh
from canary_analysis.arrays import BoolArray, FloatArray, IntArray
from canary_analysis.combine import weighted_mean
from canary_analysis.layout import Layout
from canary_analysis.metric import Interval, Kind, Metric
from canary_analysis.policy import Policy
from canary_analysis.state import State, observe

__all__ = ["EDGES", "Rehearsal", "Traffic", "rehearse"]

EDGES = (
    0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0,
)  # fmt: skip
"""Bucket edges in seconds."""

TYPICAL = ((0.97, 0.080, 0.4), (0.03, 0.500, 0.8))
"""Latency as a mixture of lognormals: share, median in seconds, sigma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Made-up traffic of one service.

    Attributes:
        canary_replicas: Replicas of the canary.
        baseline_replicas: Replicas of the baseline.
        rate: Requests per second and replica.
        errors: Share of requests that fail.
        canary_errors: The same for the canary; None when it is no worse.
        slower: Factor on the canary's latencies.
        latency_offsets: Lasting differences between replicas: sigma of a factor on latency.
        error_offsets: The same, of a factor on the error share.
        sick_replica: One canary replica is 3 times slower and fails 10 times as often.
        onset_seconds: When the canary turns bad.
        tick_seconds: Time between scrapes.
    """

    canary_replicas: int = 5
    baseline_replicas: int = 15
    rate: float = 10.0
    errors: float = 0.001
    canary_errors: float | None = None
    slower: float = 1.0
    latency_offsets: float = 0.0
    error_offsets: float = 0.0
    sick_replica: bool = False
    onset_seconds: float = 0.0
    tick_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rehearsal:
    """What happened in each run; NaN where it did not.

    Attributes:
        rollback_seconds: When it was rolled back.
        rollback_requests: Canary requests until then.
        promote_seconds: When every metric was proven, unless it was rolled back before.
    """

    rollback_seconds: FloatArray
    rollback_requests: FloatArray
    promote_seconds: FloatArray

    @property
    def rollback_share(self) -> float:
        """Share of runs that were rolled back."""
        return float(np.isfinite(self.rollback_seconds).mean())

    @property
    def promote_share(self) -> float:
        """Share of runs that were promoted."""
        return float(np.isfinite(self.promote_seconds).mean())


def rehearse(
    traffic: Traffic, policy: Policy, rng: np.random.Generator, *, runs: int, seconds: float
) -> Rehearsal:
    """Judge made-up traffic at every tick.

    Args:
        traffic: What the service looks like.
        policy: The policy under trial.
        rng: The only source of randomness; the same state gives the same rehearsal.
        runs: How many rollouts.
        seconds: How long each may last at most.
    """
    metrics = [_errors(run) for run in range(runs)] + [_latency(run) for run in range(runs)]
    state = State.empty(Layout.of(metrics, policy), policy)
    nothing = np.full(runs, np.nan)
    past = Rehearsal(rollback_seconds=nothing, rollback_requests=nothing, promote_seconds=nothing)
    for elapsed, tick in _ticks(traffic, rng, runs=runs, seconds=seconds):
        state = observe(state, tick)
        past = _judged(past, state, elapsed)
        if not _undecided(past).any():
            break
    return past


def _errors(run: int) -> Metric:
    return Metric(name=f"errors {run}", kind=Kind.ERRORS)


def _latency(run: int) -> Metric:
    return Metric(name=f"latency {run}", kind=Kind.LATENCY, edges=EDGES)


def _undecided(past: Rehearsal) -> BoolArray:
    return np.isnan(past.rollback_seconds)


def _judged(past: Rehearsal, state: State, elapsed: float) -> Rehearsal:
    policy = state.policy
    weighing = weigh(state, leave_out=False)
    convicted = _undecided(past) & (_by_run(weighing.by_metric) >= policy.rollback_limit)
    if convicted.any():
        left_out = weigh(state, leave_out=True).left_out
        if left_out is not None:
            convicted &= (_by_run(left_out) >= policy.left_out_limit).all(axis=0)
    proof = prove_all(state, weighing.phi).value.reshape(2, -1).min(axis=0)
    requests = state.arms.canary.total.sum(axis=0)[: len(convicted)]
    ready = (elapsed >= policy.soak_seconds) & (requests >= policy.min_canary_requests)
    good = ready & (proof >= 1.0 / policy.beta) & ~convicted & _undecided(past)
    first = good & np.isnan(past.promote_seconds)
    return replace(
        past,
        rollback_seconds=np.where(convicted, elapsed, past.rollback_seconds),
        rollback_requests=np.where(convicted, requests, past.rollback_requests),
        promote_seconds=np.where(first, elapsed, past.promote_seconds),
    )


def _by_run(values: FloatArray) -> FloatArray:
    """Mean of a run's error counter and its histogram: (..., 2 runs) to (..., runs)."""
    pairs = values.reshape(*values.shape[:-1], 2, -1)
    return weighted_mean(np.moveaxis(pairs, -2, -1), np.ones(2))


def _ticks(
    traffic: Traffic, rng: np.random.Generator, *, runs: int, seconds: float
) -> Iterator[tuple[float, Mapping[str, Interval]]]:
    replicas = traffic.canary_replicas + traffic.baseline_replicas
    slowness = rng.normal(0.0, 1.0, (runs, replicas)) * traffic.latency_offsets
    fragility = np.exp(rng.normal(0.0, 1.0, (runs, replicas)) * traffic.error_offsets)
    if traffic.sick_replica:
        slowness[:, 0] += np.log(3.0)
        fragility[:, 0] *= 10.0
    on_canary = np.arange(replicas) < traffic.canary_replicas
    before = _buckets(slowness), np.minimum(traffic.errors * fragility, 1.0)
    worse = np.where(on_canary, traffic.canary_errors or traffic.errors, traffic.errors)
    slower = slowness + np.where(on_canary, np.log(traffic.slower), 0.0)
    after = _buckets(slower), np.minimum(worse * fragility, 1.0)
    for number in range(1, round(seconds / traffic.tick_seconds) + 1):
        elapsed = number * traffic.tick_seconds
        buckets, failing = after if elapsed > traffic.onset_seconds else before
        total = rng.poisson(traffic.rate * traffic.tick_seconds, (runs, replicas))
        failed = rng.binomial(total, failing)[..., None]
        placed = rng.multinomial(total, buckets)
        above = total[..., None] - np.cumsum(placed, axis=-1)[..., :-1]
        yield elapsed, _intervals(traffic, total, failed, above, elapsed)


def _buckets(slowness: FloatArray) -> FloatArray:
    """Probability of each bucket, by run and replica."""
    edges = np.log(EDGES)
    below = sum(
        share * norm.cdf((edges - np.log(median) - slowness[..., None]) / sigma)
        for share, median, sigma in TYPICAL
    )
    ends = np.zeros_like(slowness)[..., None]
    chances = np.diff(below, axis=-1, prepend=ends, append=ends + 1.0)
    return np.asarray(chances / chances.sum(axis=-1, keepdims=True))


def _intervals(
    traffic: Traffic, total: IntArray, failed: IntArray, above: IntArray, elapsed: float
) -> dict[str, Interval]:
    canary = tuple(f"canary-{i}" for i in range(traffic.canary_replicas))
    baseline = tuple(f"baseline-{i}" for i in range(traffic.baseline_replicas))
    split = len(canary)
    named = ((_errors, failed), (_latency, above))
    return {
        metric(run).name: Interval(
            canary_replicas=canary,
            canary_total=total[run, :split],
            canary_above=counts[run, :split],
            baseline_replicas=baseline,
            baseline_total=total[run, split:],
            baseline_above=counts[run, split:],
            elapsed_seconds=elapsed,
        )
        for metric, counts in named
        for run in range(len(total))
    }
