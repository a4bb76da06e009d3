"""Thirty days of a hundred SLOs, gone through again: what would their rules have paged?

Run it with `python tests/bench/bench_replay.py`. Made-up counters, a sample each 15 s, with restarts
and incidents; their samples are counted, and all rules are evaluated each 30 s. The naive way, the
evaluation in full at each moment, is timed on a short stretch of the same. It prints figures and
asserts none.
"""

from datetime import timedelta
from time import process_time

import numpy as np

from controlplane.promise import GATE, make_promise
from controlplane.replaying import replay
from slo import Objective, RatioSli, RawSeries, Selector, Severity, SloSpec, count_raw, evaluate

DAYS, SAMPLE_SECONDS, EVERY, SLOS = 30, 15, 30, 100
NAIVE_MOMENTS = 2_000
SLI = RatioSli(total=(Selector(name="all"),), bad=(Selector(name="bad"),))


def main() -> None:
    """Replay all, and say what it took."""
    objective = Objective(target=0.999, window=timedelta(days=DAYS))
    spec = SloSpec(name="x", service="s", description="", objective=objective, sli=SLI, labels={})
    promise = make_promise(spec, sources=[], interval_seconds=SAMPLE_SECONDS)
    counting = replaying = 0.0
    pages = tickets = evaluations = 0
    history = None
    for seed in range(SLOS):
        series = samples(seed)
        begun = process_time()
        history = count_raw(SLI, series)
        counted = process_time()
        moments = np.arange(EVERY, DAYS * 86_400 + 1, EVERY, dtype=np.float64)
        found = replay(promise, history, moments, keep_firing_seconds=60.0)
        counting, replaying = counting + counted - begun, replaying + process_time() - counted
        pages += found.count(Severity.PAGE)
        tickets += found.count(Severity.TICKET)
        evaluations += found.evaluations
    assert history is not None
    begun = process_time()
    for moment in np.arange(EVERY, EVERY * NAIVE_MOMENTS, EVERY, dtype=np.float64):
        evaluate(promise.rules, lambda length, m=moment: history.window(m, length), objective, GATE)
    naive = (process_time() - begun) / NAIVE_MOMENTS
    print(f"{SLOS} SLOs, {DAYS} days, a sample each {SAMPLE_SECONDS} s, evaluated each {EVERY} s")
    print(f"counting raw samples {counting:.2f} s, replaying {replaying:.2f} s CPU")
    print(f"{pages} pages, {tickets} tickets; {replaying / evaluations * 1e9:.0f} ns an evaluation")
    print(
        f"the naive way {naive * 1e6:.0f} us an evaluation: ratio {naive * evaluations / replaying:.0f}"
    )


def samples(seed: int) -> list[RawSeries]:
    """Make a month with some incidents, from a spike of minutes to an hour of outage."""
    rng = np.random.default_rng(seed)
    times = np.arange(0.0, DAYS * 86_400, SAMPLE_SECONDS) + rng.uniform(0, SAMPLE_SECONDS)
    total = rng.poisson(rng.uniform(5, 300), len(times))
    share = np.full(len(times), 0.0004)
    for _ in range(6):
        begin, length = rng.integers(0, len(times)), rng.integers(8, 240)
        share[begin : begin + length] = rng.choice([0.005, 0.02, 0.2, 1.0])
    bad = rng.binomial(total, share)
    restarts = np.cumsum(rng.random(len(times)) < 5e-5)
    return [
        RawSeries(name=name, labels={}, source="a", times=times, values=_counter(gains, restarts))
        for name, gains in (("all", total), ("bad", bad))
    ]


def _counter(gains: np.ndarray, restarts: np.ndarray) -> np.ndarray:
    """Add up gains, from zero again after each restart."""
    sums = np.cumsum(gains)
    begins = np.searchsorted(restarts, restarts)
    return (sums - (sums - gains)[begins]).astype(np.float64)


if __name__ == "__main__":
    main()
