"""Gauges: false warnings and how soon a rise of six points is seen, beside a test per scrape."""

from math import sqrt

import numpy as np
from canary_trials import HOUR, lower_bound, median, upper_bound

from canary_analysis import Analysis, Kind, Metric, Policy, Readings
from canary_analysis.gauge_finding import appraise_gauges
from canary_analysis.gauges import Gauge

TICK, REPLICAS = 10.0, 20
METRIC, POLICY = Metric(name="GPU use", kind=Kind.GAUGE), Policy()
WARNING = 1.0 / POLICY.gauge_alpha
NOTHING = Analysis.start([Metric(name="errors", kind=Kind.ERRORS)], POLICY).state.arms


def print_gauges(runs: int) -> None:
    """Print both, for one and for five canary replicas of twenty."""
    print(f"Gauges (GPU use in points, a look each 10 s for an hour, alpha .05, {runs} runs)")
    for canary in (1, 5):
        for name, rise in (("no rise", 0.0), ("+6 points", 6.0)):
            found = [watch(seed, canary, rise) for seed in range(runs)]
            warned, naive = np.array(found).T
            count = int(np.isfinite(warned).sum())
            low, high = lower_bound(count, runs), upper_bound(count, runs)
            print(
                f"{canary} of {REPLICAS} replicas, {name:9} warned {count / runs:.3f} "
                f"({low:.3f} to {high:.3f}), median {median(warned):,.0f} s; "
                f"a sequential test per scrape {np.isfinite(naive).mean():.3f}"
            )


def watch(seed: int, canary: int, rise: float) -> tuple[float, float]:
    """Seconds until the warning, and until a bet on single scrapes would have warned."""
    gauge, scrapes = Gauge(), []
    warned = naive = np.nan
    for at, levels in readings(np.random.default_rng(seed), canary, rise):
        here = {f"c{i}": levels[i] for i in range(canary)}
        there = {f"b{i}": levels[i] for i in range(canary, REPLICAS)}
        gauge = gauge.observe(Readings(canary=here, baseline=there, elapsed_seconds=at))
        scrapes.append(levels[:canary].mean() - levels[canary:].mean())
        if np.isnan(naive) and per_scrape(scrapes) >= WARNING:
            naive = at
        (found,) = appraise_gauges([(METRIC, gauge)], NOTHING, POLICY, elapsed_seconds=at)
        if found.warning:
            return at, naive
    return warned, naive


def readings(rng: np.random.Generator, canary: int, rise: float):
    """Levels of 20 replicas: lasting and passing differences, and a load that all share."""
    kept = np.exp(-TICK / 120.0)
    own, passing = rng.normal(50.0, 2.0, REPLICAS), rng.normal(0.0, 4.0, REPLICAS)
    phase = rng.random() * 2.0 * np.pi
    for number in range(1, round(HOUR / TICK) + 1):
        passing = kept * passing + 4.0 * sqrt(1.0 - kept * kept) * rng.normal(size=REPLICAS)
        wave = 8.0 * np.sin(2.0 * np.pi * number * TICK / 1_800.0 + phase)
        yield number * TICK, own + passing + wave + rise * (np.arange(REPLICAS) < canary)


def per_scrape(scrapes: list[float]) -> float:
    """The same bet on single scrapes, as if they did not depend on each other."""
    count = len(scrapes)
    if count < 10:
        return 1.0
    total = sum(scrapes) / float(np.std(scrapes, ddof=1))
    width = count * 0.2**2 + 1.0
    return float(np.exp(min((0.2 * total) ** 2 / (2.0 * width), 600.0)) / sqrt(width))
