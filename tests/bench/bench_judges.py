"""Our judge and Kayenta's on the same made-up hours, both read each minute.

Run it with `python tests/bench/bench_judges.py [--runs 60] [--seconds 100]`. It prints figures and asserts
none. Kayenta judges the error share and the p99 of each minute, one group each, from the fifth minute on; it
ends a canary at the first score of no more than 75, as its standalone analysis does. Its documentation asks
for 50 points, so five favour it in delay. Replicas differ: 5 % in latency, 20 % in errors.
"""

import argparse
from dataclasses import replace
from time import monotonic

import numpy as np

from canary_analysis import Decision, Kind, Metric, Policy
from canary_analysis.compare import Comparison, compare
from canary_analysis.compare_recording import ArmCounts, MetricCounts, Recording
from canary_analysis.kayenta import parse_config
from canary_analysis.made_up import made_up
from canary_analysis.traffic import EDGES, Traffic

MINUTE, HOUR = 60.0, 3_600.0
ALPHA = 0.01
POLICY = Policy(alpha=ALPHA, horizon_seconds=HOUR)
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


USUAL = Traffic(latency_offsets=0.05, error_offsets=0.2, tick_seconds=MINUTE)
BAD = replace(USUAL, canary_errors=0.01)
SCENARIOS = {
    "A/A": USUAL,
    "A/A, one canary replica": replace(USUAL, canary_replicas=1, baseline_replicas=19),
    "errors 0.1 -> 1 %": BAD,
    "sparse errors 0 -> 0.5 %, 2/s": replace(
        USUAL, errors=0.0, canary_errors=0.005, canary_replicas=3, baseline_replicas=3, rate=1 / 3
    ),
    "p99 x2": replace(USUAL, slower_tail=2.0),
    "errors 1 % from minute 30": replace(BAD, onset_seconds=30 * MINUTE),
}


def main() -> None:
    """Print both judges' rates of rollback and delays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60, help="hours per scenario, at most")
    parser.add_argument("--seconds", type=float, default=100.0, help="time for all of it")
    options = parser.parse_args()
    print(f"Rolled back within the hour, and median minutes from the onset (alpha {ALPHA})")
    for number, (name, traffic) in enumerate(SCENARIOS.items()):
        deadline = monotonic() + options.seconds / len(SCENARIOS)
        found: list[Comparison] = []
        rng = np.random.default_rng(number)
        while len(found) < options.runs and (not found or monotonic() < deadline):
            found.append(compare(recorded(traffic, rng), POLICY, CONFIG, rng))
        tell(name, found, traffic.onset_seconds / MINUTE)


def tell(name: str, found: list[Comparison], onset: float) -> None:
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
        f"  {name} ({len(found)} hours): "
        f"trimtab {told(ours, onset)}, promoted {promoted:.2f}; "
        f"Kayenta each minute {told(theirs, onset)}, once at the end {once:.2f}"
    )


def told(minutes: list[float], onset: float) -> str:
    """A share, with the median delay of those after the onset and a count of those before it."""
    after = [each - onset for each in minutes if onset < each < float("inf")]
    before = sum(each <= onset for each in minutes)
    text = f"{len(after) / len(minutes):.2f}"
    text += f" in {np.median(after):g} min" if after else ""
    return f"{text} ({before} before the onset)" if before else text


def recorded(traffic: Traffic, rng: np.random.Generator) -> Recording:
    """One made-up hour."""
    ticks = list(made_up(traffic, rng, runs=1, seconds=HOUR))
    total = np.stack([tick.total for _, tick in ticks])
    errors = np.concatenate([total, np.stack([tick.failed for _, tick in ticks])], axis=-1)
    slow = np.stack([tick.above[:, 0] for _, tick in ticks])
    latency = Metric(name="latency", kind=Kind.LATENCY, edges=EDGES)
    here = traffic.canary_replicas
    return Recording(
        metrics=(
            counted(Metric(name="errors", kind=Kind.ERRORS), errors, here),
            counted(latency, np.concatenate([total, slow], axis=-1), here),
        ),
        ends=np.array([elapsed for elapsed, _ in ticks]),
    )


def counted(metric: Metric, counts: np.ndarray, here: int) -> MetricCounts:
    names = tuple(f"replica-{number}" for number in range(counts.shape[1]))
    return MetricCounts(
        metric=metric,
        canary=ArmCounts(replicas=names[:here], counts=counts[:, :here]),
        baseline=ArmCounts(replicas=names[here:], counts=counts[:, here:]),
    )


if __name__ == "__main__":
    main()
