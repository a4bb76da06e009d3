"""Canary analysis measured: false alarms, delay, proof, and what a tick costs.

Run it with `python tests/bench/bench_canary.py [--runs 300]`. It prints figures and asserts none.
All runs use the product's own code, on made-up traffic with fixed seeds: 5 canary and 15 baseline
replicas, 50 canary requests per second, a quarter of all requests.
"""

import argparse

import numpy as np
from canary_cost import print_cost
from scipy.stats import beta

from canary_analysis import Policy
from canary_analysis.rehearsal import Rehearsal, Traffic, rehearse

POLICY = Policy(alpha=0.05)
HOUR = 3_600.0
NOISY = {"latency_offsets": 0.05, "error_offsets": 0.2}


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="rollouts per scenario")
    runs = parser.parse_args().runs
    false_alarms(runs)
    detection(runs)
    promotion(runs)
    print_cost()


def tried(traffic: Traffic, runs: int, seconds: float, seed: int) -> Rehearsal:
    return rehearse(traffic, POLICY, np.random.default_rng(seed), runs=runs, seconds=seconds)


def false_alarms(runs: int) -> None:
    print("False rollbacks of a canary like its baseline (alpha .05, an hour of looks)")
    alone = Traffic(canary_replicas=1, baseline_replicas=19, **NOISY)
    for name, traffic, tries in (
        ("requests alike", Traffic(), runs),
        ("replicas differ by 5 %", Traffic(**NOISY), runs),
        ("one sick canary replica", Traffic(sick_replica=True, **NOISY), runs // 3),
        ("one canary replica, differing", alone, runs // 3),
    ):
        found = tried(traffic, tries, HOUR, seed=1)
        count = int(np.isfinite(found.rollback_seconds).sum())
        upper = beta.ppf(0.95, count + 1, tries - count) if count < tries else 1.0
        share = found.rollback_share
        print(
            f"  false rollback share, {name}: {share:.3f} of {tries} (95 % upper bound {upper:.3f})"
        )


def detection(runs: int) -> None:
    print(f"Bad canaries ({runs} runs)")
    for name, traffic in (
        ("errors .1 % -> 1 %, a look each 5 s", Traffic(canary_errors=0.01, tick_seconds=5.0)),
        ("errors .1 % -> 1 %, a look each 10 s", Traffic(canary_errors=0.01)),
        ("the same, replicas differ", Traffic(canary_errors=0.01, **NOISY)),
        ("errors .1 % -> .5 %, replicas differ", Traffic(canary_errors=0.005, **NOISY)),
        ("latency +25 %, replicas differ", Traffic(slower=1.25, **NOISY)),
        ("latency +10 %, requests alike", Traffic(slower=1.1)),
    ):
        found = tried(traffic, runs, HOUR / 4.0, seed=2)
        print(
            f"  {name}: found {found.rollback_share:.2f}, median {median(found.rollback_requests)} "
            f"canary requests, {median(found.rollback_seconds)} s"
        )


def promotion(runs: int) -> None:
    print(f"Promotion (soak {POLICY.soak_seconds:g} s, half an hour, {runs} runs)")
    for name, traffic in (
        ("good canary", Traffic()),
        ("good canary, replicas differ", Traffic(**NOISY)),
        ("errors .5 %, proven below the tolerable 1 %", Traffic(canary_errors=0.005)),
        ("latency +25 % (must be 0)", Traffic(slower=1.25)),
    ):
        found = tried(traffic, runs, HOUR / 2.0, seed=3)
        seconds = median(found.promote_seconds)
        print(f"  {name}: promoted {found.promote_share:.2f}, median {seconds} s")


def median(values: np.ndarray) -> str:
    seen = values[np.isfinite(values)]
    return f"{np.median(seen):,.0f}" if len(seen) else "no"


if __name__ == "__main__":
    main()
