"""Our judge and Kayenta's on the same made-up hours, both read each minute.

Run it with `python tests/bench/bench_judges.py [--runs 60] [--seconds 100]`. It prints figures and asserts
none. Kayenta judges the error share and the p99 of each minute, one group each, from the fifth minute on; it
ends a canary at the first score of no more than 75, as its standalone analysis does. Its documentation asks
for 50 points, so five favour it in delay. Replicas differ: 5 % in latency, 20 % in errors.
"""

import argparse
from dataclasses import dataclass
from time import monotonic

import numpy as np
from scipy.stats import norm

from canary_analysis import Decision, Kind, Metric, Policy
from canary_analysis.compare import Comparison, compare
from canary_analysis.compare_recording import ArmCounts, MetricCounts, Recording
from canary_analysis.kayenta import parse_config

MINUTES, MINUTE = 60, 60.0
ALPHA = 0.01
EDGES = (
    0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0,
)  # fmt: skip
POLICY = Policy(alpha=ALPHA, horizon_seconds=MINUTES * MINUTE)
WORSE = {"canary": {"direction": "increase"}}
CONFIG = parse_config(
    {
        "metrics": [
            {"name": name, "groups": [name], "analysisConfigurations": WORSE}
            for name in ("errors", "latency p99")
        ],
        "classifier": {"scoreThresholds": {"pass": 95, "marginal": 75}},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of canary: rates are requests per second and replica, times are minutes."""

    name: str
    canary_errors: float
    errors: float = 0.001
    tail: float = 1.0
    onset: int = 0
    replicas: tuple[int, int] = (5, 15)
    rate: float = 10.0


SCENARIOS = (
    Scenario(name="A/A", canary_errors=0.001),
    Scenario(name="A/A, one canary replica", canary_errors=0.001, replicas=(1, 19)),
    Scenario(name="errors 0.1 -> 1 %", canary_errors=0.01),
    Scenario(name="sparse errors 0 -> 0.5 %, 2/s", canary_errors=0.005, errors=0.0,
             replicas=(3, 3), rate=1 / 3),
    Scenario(name="p99 x2", canary_errors=0.001, tail=2.0),
    Scenario(name="errors 1 % from minute 30", canary_errors=0.01, onset=30),
)  # fmt: skip


def main() -> None:
    """Print both judges' rates of rollback and delays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60, help="hours per scenario, at most")
    parser.add_argument("--seconds", type=float, default=100.0, help="time for all of it")
    options = parser.parse_args()
    print(f"Rolled back within the hour, and median minutes from the onset (alpha {ALPHA})")
    for number, scenario in enumerate(SCENARIOS):
        deadline = monotonic() + options.seconds / len(SCENARIOS)
        found: list[Comparison] = []
        rng = np.random.default_rng(number)
        while len(found) < options.runs and (not found or monotonic() < deadline):
            found.append(compare(made_up(scenario, rng), POLICY, CONFIG, rng))
        tell(scenario, found)


def tell(scenario: Scenario, found: list[Comparison]) -> None:
    ours = [
        each.ours.at_seconds / MINUTE
        if each.ours.verdict.decision is Decision.ROLLBACK
        else float("inf")
        for each in found
    ]
    theirs = [(each.kayenta.stopped_seconds or float("inf")) / MINUTE for each in found]
    once = np.mean([str(each.kayenta.at_end.outcome) == "Fail" for each in found])
    promoted = np.mean([each.ours.verdict.decision is Decision.PROMOTE for each in found])
    print(
        f"  {scenario.name} ({len(found)} hours): "
        f"trimtab {told(ours, scenario.onset)}, promoted {promoted:.2f}; "
        f"Kayenta each minute {told(theirs, scenario.onset)}, once at the end {once:.2f}"
    )


def told(minutes: list[float], onset: int) -> str:
    """A share, with the median delay of those after the onset and a count of those before it."""
    after = [each - onset for each in minutes if onset < each < float("inf")]
    before = sum(each <= onset for each in minutes)
    text = f"{len(after) / len(minutes):.2f}"
    text += f" in {np.median(after):g} min" if after else ""
    return f"{text} ({before} before the onset)" if before else text


def made_up(scenario: Scenario, rng: np.random.Generator) -> Recording:
    here, there = scenario.replicas
    replicas = here + there
    on_canary = np.arange(replicas) < here
    slowness = rng.normal(0.0, 0.05, replicas)
    fragility = np.exp(rng.normal(0.0, 0.2, replicas))
    bad = (np.arange(MINUTES)[:, None] >= scenario.onset) & on_canary
    failing = np.minimum(np.where(bad, scenario.canary_errors, scenario.errors) * fragility, 1.0)
    total = rng.poisson(scenario.rate * MINUTE, (MINUTES, replicas))
    failed = rng.binomial(total, failing)
    usual, slow = (buckets(slowness, tail) for tail in (1.0, scenario.tail))
    placed = rng.multinomial(total, np.where(bad[..., None], slow, usual))
    above = total[..., None] - np.cumsum(placed, axis=-1)[..., :-1]
    errors = np.stack([total, failed], axis=-1)
    latency = np.concatenate([total[..., None], above], axis=-1)
    return Recording(
        metrics=(
            counted(Metric(name="errors", kind=Kind.ERRORS), errors, here),
            counted(Metric(name="latency", kind=Kind.LATENCY, edges=EDGES), latency, here),
        ),
        ends=np.arange(1, MINUTES + 1) * MINUTE,
    )


def buckets(slowness: np.ndarray, tail: float) -> np.ndarray:
    """Chance of each bucket by replica: 97 % around 80 ms, 3 % around 500 ms times the tail."""
    edges = np.log(EDGES) - slowness[:, None]
    below = 0.97 * norm.cdf((edges - np.log(0.08)) / 0.4)
    below += 0.03 * norm.cdf((edges - np.log(0.5 * tail)) / 0.8)
    chances = np.diff(below, axis=-1, prepend=0.0, append=1.0)
    return np.asarray(chances / chances.sum(axis=-1, keepdims=True))


def counted(metric: Metric, counts: np.ndarray, here: int) -> MetricCounts:
    names = tuple(f"replica-{number}" for number in range(counts.shape[1]))
    return MetricCounts(
        metric=metric,
        canary=ArmCounts(replicas=names[:here], counts=counts[:, :here]),
        baseline=ArmCounts(replicas=names[here:], counts=counts[:, here:]),
    )


if __name__ == "__main__":
    main()
