"""Try a policy on made-up traffic before trusting it: false alarms, delay, proof.

Every run is an analysis of its own with one error counter and one histogram. All runs go through
the same code as real traffic, side by side in one wide state.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from canary_analysis.appraisal import proof_divisor, prove_all, weigh
from canary_analysis.arms import Arm, Arms
from canary_analysis.arrays import BoolArray, FloatArray, IntArray
from canary_analysis.combine import weighted_mean
from canary_analysis.layout import Layout
from canary_analysis.made_up import Counts, made_up
from canary_analysis.metric import Kind, Metric
from canary_analysis.policy import Policy
from canary_analysis.state import State, observe_arms
from canary_analysis.traffic import EDGES, Traffic

__all__ = ["Rehearsal", "rehearse", "rehearse_each"]

SIDE_BY_SIDE = 100
"""Runs in one wide state; more would not fit the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rehearsal:
    """What happened in each run; NaN where it did not.

    Attributes:
        rollback_seconds: When it was rolled back.
        rollback_requests: Canary requests until then.
        promote_seconds: When every metric was proven, unless it was rolled back before.
        blamed: Whether errors, and whether latency, was convicted on its own at the rollback,
            shape (runs, 2).
    """

    rollback_seconds: FloatArray
    rollback_requests: FloatArray
    promote_seconds: FloatArray
    blamed: BoolArray

    @classmethod
    def of(cls, runs: int) -> "Rehearsal":
        """Nothing happened yet."""
        nothing = np.full(runs, np.nan)
        return cls(
            rollback_seconds=nothing,
            rollback_requests=nothing,
            promote_seconds=nothing,
            blamed=np.zeros((runs, 2), dtype=np.bool_),
        )

    @property
    def rollback_share(self) -> float:
        """Share of runs that were rolled back."""
        return float(np.isfinite(self.rollback_seconds).mean())

    @property
    def promote_share(self) -> float:
        """Share of runs that were promoted."""
        return float(np.isfinite(self.promote_seconds).mean())

    @property
    def undecided(self) -> BoolArray:
        """Which runs were not rolled back."""
        return np.isnan(self.rollback_seconds)


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
    return rehearse_each(traffic, policy, rng, runs=runs, seconds=seconds, alphas=(policy.alpha,))[
        0
    ]


def rehearse_each(
    traffic: Traffic,
    policy: Policy,
    rng: np.random.Generator,
    *,
    runs: int,
    seconds: float,
    alphas: Sequence[float],
) -> tuple[Rehearsal, ...]:
    """The same under several values of alpha on the same traffic, for the price of one."""
    policies = [replace(policy, alpha=alpha) for alpha in alphas]
    parts = [
        _side_by_side(traffic, policies, rng, min(SIDE_BY_SIDE, runs - begun), seconds)
        for begun in range(0, runs, SIDE_BY_SIDE)
    ]
    return tuple(map(_joined, zip(*parts, strict=True)))


def _joined(parts: Sequence[Rehearsal]) -> Rehearsal:
    names = [field.name for field in fields(Rehearsal)]
    return Rehearsal(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def _side_by_side(
    traffic: Traffic,
    policies: Sequence[Policy],
    rng: np.random.Generator,
    runs: int,
    seconds: float,
) -> list[Rehearsal]:
    metrics = [Metric(name=f"errors {run}", kind=Kind.ERRORS) for run in range(runs)]
    metrics += [
        Metric(name=f"latency {run}", kind=Kind.LATENCY, edges=EDGES) for run in range(runs)
    ]
    layout = Layout.of(metrics, policies[0])
    state = State.empty(layout, policies[0])
    past = [Rehearsal.of(runs) for _ in policies]
    for elapsed, counts in made_up(traffic, rng, runs=runs, seconds=seconds):
        state = observe_arms(state, _arms(traffic, counts), elapsed)
        past = _judged(past, state, policies, elapsed)
        if not any(each.undecided.any() for each in past):
            break
    return past


def _judged(
    past: Sequence[Rehearsal], state: State, policies: Sequence[Policy], elapsed: float
) -> list[Rehearsal]:
    weighing = weigh(state, leave_out=False)
    value = _by_run(weighing.by_metric)
    above = any((value >= policy.rollback_limit).any() for policy in policies)
    left_out = weigh(state, leave_out=True).left_out if above else None
    least = np.full(len(value), np.inf) if left_out is None else _by_run(left_out).min(axis=0)
    closed = np.minimum(weighing.by_metric.reshape(2, -1), value)  # closed testing of two
    good = _proven(past, state, elapsed)
    requests = state.arms.canary.total.sum(axis=0)[: len(value)]
    found = []
    for each, policy in zip(past, policies, strict=True):
        bad = (value >= policy.rollback_limit) & (least >= policy.left_out_limit)
        convicted = each.undecided & bad
        first = good & ~bad & each.undecided & np.isnan(each.promote_seconds)
        blamed = (closed >= policy.rollback_limit).T
        found.append(
            Rehearsal(
                rollback_seconds=np.where(convicted, elapsed, each.rollback_seconds),
                rollback_requests=np.where(convicted, requests, each.rollback_requests),
                promote_seconds=np.where(first, elapsed, each.promote_seconds),
                blamed=np.where(convicted[:, None], blamed, each.blamed),
            )
        )
    return found


def _proven(past: Sequence[Rehearsal], state: State, elapsed: float) -> BoolArray:
    """Which runs may be promoted by now; not asked again when all were."""
    policy = state.policy
    asked = any(np.isnan(each.promote_seconds).any() for each in past)
    requests = state.arms.canary.total.sum(axis=0)
    ready = requests[: len(requests) // 2] >= policy.min_canary_requests
    if elapsed < policy.soak_seconds or not asked:
        return np.zeros_like(ready)
    proof = prove_all(state, proof_divisor(state)).value.reshape(2, -1).min(axis=0)
    return np.asarray(ready & (proof >= 1.0 / policy.beta))


def _by_run(values: FloatArray) -> FloatArray:
    """Mean of a run's error counter and its histogram: (..., 2 runs) to (..., runs)."""
    pairs = values.reshape(*values.shape[:-1], 2, -1)
    return weighted_mean(np.moveaxis(pairs, -2, -1), np.ones(2))


def _arms(traffic: Traffic, counts: Counts) -> Arms:
    """Error counters of all runs, then their histograms, as `Layout` has them."""
    split = traffic.canary_replicas
    total = np.concatenate([counts.total, counts.total], axis=1)
    slow = counts.above.reshape(len(total), -1)
    above = np.concatenate([counts.failed, slow], axis=1)
    return Arms(
        canary=_arm("canary", total[:split], above[:split]),
        baseline=_arm("baseline", total[split:], above[split:]),
    )


def _arm(name: str, total: IntArray, above: IntArray) -> Arm:
    names = tuple(f"{name}-{row:03}" for row in range(len(total)))
    return Arm(names=names, total=total, above=above)
