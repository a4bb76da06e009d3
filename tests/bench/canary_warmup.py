"""Fresh canary replicas that are honestly slower: warm-up unknown, fixed, and learned."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from canary_scenarios import LASTING, at_share
from canary_trials import ALPHAS, Trial, false_alarm, median, run_all

from canary_analysis import Interval, Policy
from canary_analysis.made_up import made_up
from canary_analysis.traffic import Traffic
from canary_analysis.warmup import latency_counts_from, learn_warmup

PROMOTED_BEFORE = 5
FRESH = replace(LASTING, fresh_slower=1.65)


def print_warmup(runs: int) -> None:
    """False rollbacks with and without a warm-up, and what waiting costs."""
    print(f"Fresh replicas 65 % slower, fading by 63 % in 2 min, {runs} runs; learned from five")
    trials, told = [], []
    for share in (0.25, 0.5):
        fresh = at_share(FRESH, share)
        waits = {"none": 0.0, "fixed": 300.0, "learned": learned(fresh)}
        for kind, seconds in waits.items():
            policy = Policy(latency_warmup_seconds=seconds)
            told.append(f"{share:.0%} share, {kind} warm-up ({seconds:.0f} s)")
            good, slow = fresh, replace(fresh, slower=1.25)
            tail = replace(fresh, slower_tail=2.0)
            trials += [Trial(name=told[-1], traffic=t, policy=policy) for t in (good, slow, tail)]
    found = run_all(trials, runs)
    for place, name in enumerate(told):
        good, slow, tail = found[3 * place : 3 * place + 3]
        cells = "  ".join(false_alarm(g, a) for g, a in zip(good, ALPHAS, strict=True))
        print(
            f"{name:42} false {cells}; latency +25 % {slow[0].rollback_share:.2f}, "
            f"{median(slow[0].rollback_seconds):,.0f} s; p99 x2 {tail[0].rollback_share:.2f}, "
            f"{median(tail[0].rollback_seconds):,.0f} s"
        )


def learned(traffic: Traffic) -> float:
    """Seconds learned from rollouts of half an hour that were promoted before."""
    curves = [learn_warmup(rollout(traffic, seed)) for seed in range(PROMOTED_BEFORE)]
    return latency_counts_from([curve for curve in curves if curve is not None])


def rollout(traffic: Traffic, seed: int) -> Iterator[Interval]:
    """The latency intervals of one rollout."""
    split = traffic.canary_replicas
    names = tuple(map(str, range(split + traffic.baseline_replicas)))
    rng = np.random.default_rng(seed)
    for at, tick in made_up(traffic, rng, runs=1, seconds=1_800.0):
        yield Interval(
            canary_replicas=names[:split],
            canary_total=tick.total[:split, 0],
            canary_above=tick.above[:split, 0],
            baseline_replicas=names[split:],
            baseline_total=tick.total[split:, 0],
            baseline_above=tick.above[split:, 0],
            elapsed_seconds=at,
        )
