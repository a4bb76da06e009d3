"""Pages of a healthy service with little traffic, and how soon an outage is seen, measured.

Run it with `python tests/bench/bench_false_pages.py [--seeds 20]`. Poisson traffic that fails at half
the budget of 99.9 % for thirty days, judged by the product's own `evaluate`: without any gate, with a
minimum of three failures, and with the evidence gate. It prints figures and asserts none.
"""

import argparse
from datetime import timedelta

import numpy as np

from slo import Counts, EvidenceGate, Objective, evaluate, rules_for

PROMISE = Objective(target=0.999, window=timedelta(days=30))
GATES = {
    "no gate": EvidenceGate(chance=1.1, min_bad=0),
    "3 failures": EvidenceGate(chance=1.1, min_bad=3),
    "evidence": EvidenceGate(),
}
DAY = 86_400
TICK = 15
"""Seconds between two evaluations: one scrape."""

RULES = rules_for(PROMISE.window, resolution=timedelta(seconds=2 * TICK))
QUIET_TICKS = 4
"""A page ends when its rule was quiet for a minute."""


class Past:
    """Events of one history, added up, so that every window is a subtraction."""

    def __init__(self, total: np.ndarray, bad: np.ndarray) -> None:
        self.total = np.concatenate(([0], np.cumsum(total)))
        self.bad = np.concatenate(([0], np.cumsum(bad)))

    def counts(self, tick: int, length: timedelta) -> Counts:
        """Return what happened over a window that ends with a tick."""
        then = max(0, tick - round(length.total_seconds() / TICK))
        bad, total = (int(sums[tick] - sums[then]) for sums in (self.bad, self.total))
        return Counts(good=total - bad, total=total)

    def suspects(self) -> np.ndarray:
        """Return the ticks at which some rule for pages could fire; at others none can."""
        ticks = np.arange(len(self.total))
        found = np.zeros(len(ticks), dtype=bool)
        for rule in RULES:
            then = np.maximum(0, ticks - round(rule.long.total_seconds() / TICK))
            bad, total = self.bad - self.bad[then], self.total - self.total[then]
            limit = 0.99 * rule.threshold(PROMISE.window) * PROMISE.allowed_error_ratio
            found |= (rule.severity == "page") & (bad > 0) & (bad >= limit * total)
        return np.flatnonzero(found)

    def pages(self, gate: EvidenceGate, *, since: int = 0) -> list[int]:
        """Return the ticks at which a page goes out."""
        out: list[int] = []
        last = -QUIET_TICKS - 1
        for tick in self.suspects().tolist():
            if tick < since:
                continue
            found = evaluate(
                RULES, lambda length, tick=tick: self.counts(tick, length), PROMISE, gate
            )
            if found["page"].firing:
                if tick - last > QUIET_TICKS:
                    out.append(tick)
                last = tick
        return out


def healthy(rng: np.random.Generator, per_hour: float, days: int) -> tuple[np.ndarray, np.ndarray]:
    total = rng.poisson(per_hour * TICK / 3600, days * DAY // TICK)
    return total, rng.binomial(total, 0.5 * PROMISE.allowed_error_ratio)


def false_pages(seeds: int) -> None:
    print(f"pages in 30 days of a healthy service, mean of {seeds} runs")
    print(f"  {'requests/h':>10}" + "".join(f"{name:>12}" for name in GATES))
    for per_hour in (10, 20, 40, 60, 100, 200, 600):
        found = dict.fromkeys(GATES, 0)
        for seed in range(seeds):
            past = Past(*healthy(np.random.default_rng(seed), per_hour, 30))
            for name, gate in GATES.items():
                found[name] += len(past.pages(gate))
        means = "".join(f"{count / seeds:12.2f}" for count in found.values())
        print(f"  {per_hour:10}{means}")


def detection(runs: int) -> None:
    print(
        f"minutes until a page, of an outage of two hours: median, 95th of 100, missed; {runs} runs"
    )
    for per_hour, share in ((60, 1.0), (300, 1.0), (600, 1.0), (60, 0.1), (300, 0.1)):
        line = f"  {per_hour:4}/h, {share:4.0%} fail"
        for name, gate in GATES.items():
            delays = [delay(seed, per_hour, share, gate) for seed in range(runs)]
            seen = sorted(found for found in delays if found is not None)
            middle, late = (seen[int(part * (len(seen) - 1))] for part in (0.5, 0.95))
            line += f"   {name}: {middle:.2f} {late:.1f} {1 - len(seen) / runs:.0%}"
        print(line)


def delay(seed: int, per_hour: float, share: float, gate: EvidenceGate) -> float | None:
    """Return the minutes from the beginning of an outage to its page."""
    rng = np.random.default_rng(1000 + seed)
    total, bad = healthy(rng, per_hour, 4)
    begin, end = 3 * DAY // TICK, 3 * DAY // TICK + 7200 // TICK
    bad[begin:end] = rng.binomial(total[begin:end], share)
    seen = [tick for tick in Past(total, bad).pages(gate, since=begin) if tick <= end]
    return (seen[0] - begin) * TICK / 60 if seen else None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="runs of thirty days")
    seeds = parser.parse_args().seeds
    print(f"99.9 %, evaluated each {TICK} s")
    false_pages(seeds)
    detection(10 * seeds)
