"""How much to discount for replica noise: false rollbacks against power and delay."""

from dataclasses import replace

from canary_scenarios import LASTING, TROUBLE, at_share
from canary_trials import ALPHAS, Trial, false_alarm, median, run_all

from canary_analysis import Policy

POWERS = (1.0, 0.8, 0.65, 0.5)
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


def print_frontier(runs: int) -> None:
    """One block per power of phi, 5 canary and 15 baseline replicas."""
    print(f"Frontier: log evidence divided by phi ** power, 25 % share, {runs} runs")
    trials = [
        Trial(name=name, traffic=at_share(traffic, 0.25), policy=Policy(noise_power=power))
        for power in POWERS
        for name, traffic in (HEALTHY | BAD).items()
    ]
    found = run_all(trials, runs)
    for trial, each in zip(trials, found, strict=True):
        name = f"power {trial.policy.noise_power:4} {trial.name}"
        if trial.name in HEALTHY:
            cells = [false_alarm(one, alpha) for one, alpha in zip(each, ALPHAS, strict=True)]
            print(f"{name:32} false {'  '.join(cells)}")
        else:
            cells = [
                f"{one.rollback_share:.3f}, {median(one.rollback_seconds):5,.0f} s" for one in each
            ]
            print(f"{name:32} found {'         '.join(cells)}")
