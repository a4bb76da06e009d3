"""How much to discount for replica noise, and what to assume of few replicas: error against power."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from canary_scenarios import CANARY_RATE, LASTING, LOAD, TROUBLE, at_share
from canary_trials import ALPHAS, Trial, false_alarm, median, run_all

from canary_analysis import Policy
from canary_analysis.traffic import Traffic

POWERS = (1.0, 0.8, 0.65, 0.5)
SPREADS = (0.0, 0.15, 0.25, 0.35)
LEFT_OUT = (0.1, 0.2, 1.0 / 3.0, 0.5)
FLEETS = ((1, 1), (1, 3), (2, 2), (2, 4), (3, 5))
"""Canary and baseline replicas."""

HEALTHY = {
    "replica offsets": LASTING,
    "Student-t offsets": TROUBLE["Student-t offsets, 2 df"],
    "spells": TROUBLE["noisy-neighbour spells"],
}
BAD = {
    "latency +10 %": replace(LASTING, slower=1.1),
    "latency +25 %": replace(LASTING, slower=1.25),
    "errors .5 %": replace(LASTING, canary_errors=0.005),
}


FEW_BAD = {
    "latency +25 %": replace(LASTING, slower=1.25),
    "latency +25 %, no noise": replace(LOAD, slower=1.25),
    "p99 x2": replace(LASTING, slower_tail=2.0),
    "errors 1 %": replace(LASTING, canary_errors=0.01),
}
ONE_SICK = {"one sick replica": TROUBLE["one sick canary replica"]}


def print_frontier(runs: int) -> None:
    """Three blocks: the power of phi, the limit without one replica, and what few replicas assume."""
    print(f"Frontier: log evidence divided by phi ** power, 25 % share, {runs} runs")
    powers = {f"power {power:4}": Policy(noise_power=power) for power in POWERS}
    _print_trials(_trials(powers, _a_quarter(HEALTHY | BAD)), runs)
    print(f"Frontier: the limit that must hold without any one replica, 25 % share, {runs} runs")
    limits = {f"left out {1 / alpha:4.3g} : 1": Policy(left_out_alpha=alpha) for alpha in LEFT_OUT}
    _print_trials(_trials(limits, _a_quarter(ONE_SICK | BAD)), runs)
    print(f"Frontier: how much few replicas are taken to differ, {runs} runs")
    for canary, baseline in FLEETS:
        spreads = {
            f"{canary} and {baseline}, spread {spread:4}": Policy(prior_spread=spread)
            for spread in SPREADS
        }
        few = {"replica offsets": LASTING} | FEW_BAD
        fleet = {name: _of_fleet(traffic, canary, baseline) for name, traffic in few.items()}
        _print_trials(_trials(spreads, fleet), runs)


def _trials(policies: Mapping[str, Policy], traffics: Mapping[str, Traffic]) -> list[Trial]:
    """Try every policy on all traffic."""
    return [
        Trial(name=f"{told} {name}", traffic=traffic, policy=policy)
        for told, policy in policies.items()
        for name, traffic in traffics.items()
    ]


def _a_quarter(traffics: Mapping[str, Traffic]) -> dict[str, Traffic]:
    return {name: at_share(traffic, 0.25) for name, traffic in traffics.items()}


def _of_fleet(traffic: Traffic, canary: int, baseline: int) -> Traffic:
    return replace(
        traffic, canary_replicas=canary, baseline_replicas=baseline, rate=CANARY_RATE / canary
    )


def _print_trials(trials: Sequence[Trial], runs: int) -> None:
    """Healthy canaries: false rollbacks at both alphas. Bad ones: how many were found, and when."""
    for trial, each in zip(trials, run_all(trials, runs), strict=True):
        healthy = any(trial.name.endswith(name) for name in (HEALTHY | ONE_SICK))
        if healthy:
            cells = [false_alarm(one, alpha) for one, alpha in zip(each, ALPHAS, strict=True)]
            print(f"{trial.name:52} false {'  '.join(cells)}")
        else:
            cells = [
                f"{one.rollback_share:.3f}, {median(one.rollback_seconds):5,.0f} s" for one in each
            ]
            print(f"{trial.name:52} found {'         '.join(cells)}")
