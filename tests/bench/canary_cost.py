"""What a tick of a hundred histograms costs, beside named peers in the same run."""

import json
from collections.abc import Callable
from math import exp, log, log1p
from statistics import median
from time import process_time

import numpy as np
from scipy.stats import mannwhitneyu

from canary_analysis import Analysis, Interval, Kind, Metric, Policy
from canary_analysis.evidence import ODDS
from canary_analysis.traffic import EDGES

HISTOGRAMS = 100
TICKS = 90


def print_cost() -> None:
    """Print processor time (medians) and the size of what is kept."""
    rng = np.random.default_rng(4)
    names = [f"latency {i}" for i in range(HISTOGRAMS)]
    metrics = [Metric(name=name, kind=Kind.LATENCY, edges=EDGES) for name in names]
    analysis = Analysis.start(metrics, Policy())
    for number in range(1, TICKS + 1):
        tick = {name: histogram(rng, number * 10.0) for name in names}
        analysis = analysis.observe(tick)
    now = TICKS * 10.0
    observe = timed(lambda: analysis.observe(tick))
    soaking = timed(lambda: analysis.decide(Policy().soak_seconds - 1.0))
    decide = timed(lambda: analysis.decide(now))
    judge = timed(lambda: analysis.judge(now))
    series = rng.lognormal(size=(2, HISTOGRAMS, 60))
    peer = timed(lambda: [mannwhitneyu(a, b) for a, b in zip(*series, strict=True)], times=9)
    loops = timed(lambda: [plain_python(tick[name]) for name in names], times=9)
    state = len(json.dumps(analysis.snapshot())) / HISTOGRAMS / 1024
    tick_ms = observe + decide
    print(f"Cost of a tick, {HISTOGRAMS} histograms x {len(EDGES)} edges x {len(ODDS)} odds,")
    print("20 replicas, leave-one-out kept ready (median processor time; G7: at most 2 ms)")
    print(
        f"  observe {observe:.2f} ms; decide {soaking:.2f} ms while soaking, {decide:.2f} ms after"
    )
    print(
        f"  observe and decide: {tick_ms:.2f} ms; a verdict with all its sentences {judge:.2f} ms"
    )
    print(
        f"  scipy.stats.mannwhitneyu, 60 points each: {peer:.1f} ms = {peer / tick_ms:.1f} x ours"
    )
    print(f"  plain Python, nothing left out: {loops:.1f} ms = {loops / tick_ms:.1f} x ours")
    print(f"  state as JSON after {TICKS} ticks: {state:.1f} kB per histogram (G7: at most 16)")


def timed(work: Callable[[], object], times: int = 60) -> float:
    """Median processor time in milliseconds."""
    spent = []
    for _ in range(times):
        begun = process_time()
        work()
        spent.append(process_time() - begun)
    return median(spent) * 1e3


def histogram(rng: np.random.Generator, at: float) -> Interval:
    """One interval of 5 canary and 15 baseline replicas."""
    total = rng.poisson(100, 20)
    above = rng.binomial(total[:, None], np.linspace(0.99, 0.005, len(EDGES)))
    above = np.minimum.accumulate(above, axis=1)
    return Interval(
        canary_replicas=tuple(f"canary-{i}" for i in range(5)),
        canary_total=total[:5],
        canary_above=above[:5],
        baseline_replicas=tuple(f"baseline-{i}" for i in range(15)),
        baseline_total=total[5:],
        baseline_above=above[5:],
        elapsed_seconds=at,
    )


def plain_python(interval: Interval) -> float:
    """The bet of evidence.py for one interval, pooled, in loops."""
    here, there = int(interval.canary_total.sum()), int(interval.baseline_total.sum())
    value = 0.0
    for edge in range(len(EDGES)):
        x = int(interval.canary_above[:, edge].sum())
        k = x + int(interval.baseline_above[:, edge].sum())
        share = here / (here + there)
        for odds in ODDS.tolist():
            value += exp(x * log(odds) - k * log1p(share * (odds - 1.0)))
    return value / len(EDGES) / len(ODDS)
