"""Error budgets measured: ours and those of rules in a real Prometheus, on one history.

Run it with `python tests/bench/bench_budget.py`. Thirty days of made-up traffic, a page each 30 s,
are put into Prometheus with promtool and fed to our ledger page by page; both are asked at the end.
The truth is added up event by event. It prints figures and asserts none.
"""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from timeit import default_timer

import httpx
import numpy as np
from day_and_night import DAYS, STEP, History, day_and_night
from prometheus_history import asked, prometheus

from slo import (
    Counts,
    CumulativeRing,
    Ledger,
    Objective,
    burn_rate,
    error_budget,
    parse_selectors,
)

START = 1_767_225_600
"""2026-01-01 00:00:00 UTC."""

PROMISE = Objective(target=0.999, window=timedelta(days=DAYS))
WINDOWS = {
    "5m": 300,
    "30m": 1800,
    "1h": 3600,
    "2h": 7200,
    "6h": 21_600,
    "1d": 86_400,
    "3d": 259_200,
    "30d": 2_592_000,
}
ERRORS, ALL = 'requests_total{code="500"}', "requests_total"
SERIES = [("requests_total", {"code": "200"}), ("requests_total", {"code": "500"})]
SLOTH_5M = f"(sum(rate({ERRORS}[5m])) / sum(rate({ALL}[5m])))"
RULES = {
    "Sloth's rule: the mean of 5m ratios": (
        f"sum_over_time({SLOTH_5M}[30d:1m]) / count_over_time({SLOTH_5M}[30d:1m])"
    ),
    "increase() over 30d, as Pyrra's rule": (
        f"sum(increase({ERRORS}[30d])) / sum(increase({ALL}[30d]))"
    ),
}


def main() -> None:
    """Print both, side by side."""
    history = day_and_night(start=START)
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("promtool") is None or shutil.which("prometheus") is None:
            print("Prometheus is not installed: only our own figures follow")
            return report(history, None)
        with prometheus(history, Path(folder)) as (client, _):
            return report(history, client)


def report(history: History, client: httpx.Client | None) -> None:
    end = moments()[0]
    ring, seconds = counted(history)
    print(f"{len(history.times)} pages counted in {seconds:.2f} s, then windows by subtraction")
    bad, total = history.truth(START, end)
    tell("the truth, event by event", bad / total, bad / total)
    for name, query in RULES.items() if client else ():
        tell(name, asked(client, query, end), bad / total)
    ours = window(ring, end, WINDOWS["30d"])
    tell("trimtab", ours.bad / ours.total, bad / total)
    print(f"\nevents of failure by window, at the worst of {len(moments())} moments:")
    print(f"  {'window':6} {'trimtab off by':>15} {'increase() off by':>18} {'of events':>10}")
    for name, length in WINDOWS.items():
        compare(history, ring, client, name, length)


def tell(name: str, ratio: float, truth: float) -> None:
    counts = Counts(good=10**9 - round(ratio * 10**9), total=10**9)
    left = error_budget(counts, PROMISE).remaining_ratio or 0.0
    burn = burn_rate(counts, PROMISE) or 0.0
    print(f"{name:40} {ratio:.6f}  {ratio / truth:5.2f}x  burn {burn:5.2f}  left {left:+8.1%}")


def compare(
    history: History, ring: CumulativeRing, client: httpx.Client | None, name: str, length: int
) -> None:
    ours, theirs, most = 0, 0.0, 0
    for moment in moments():
        bad, total = history.truth(max(START, moment - length), moment)
        found = window(ring, moment, length)
        ours = max(ours, abs(found.bad - bad), abs(found.total - total))
        if client is not None:
            increase = asked(client, f"sum(increase({ERRORS}[{name}]))", moment)
            theirs = max(theirs, abs(increase - bad))
        most = max(most, bad)
    shown = "-" if client is None else f"{theirs:.2f}"
    print(f"  {name:6} {ours:15} {shown:>18} {most:10}")


def moments() -> list[float]:
    """Return the end, and the middle of each bad hour but the first."""
    end = START + DAYS * 86_400.0
    bad_hours = [START + day * 86_400 + 1800.0 for day in range(3, DAYS, 3)]
    return [end, *bad_hours]


def counted(history: History) -> tuple[CumulativeRing, float]:
    """Feed every page to the ledger, as the control plane does."""
    ledger, ring = Ledger(), CumulativeRing(capacity=len(history.times) + 1)
    ledger.define("bad", parse_selectors(ERRORS))
    ledger.define("all", parse_selectors(ALL))
    begun = default_timer()
    for at, good, bad in history.pages():
        page = np.array([good, bad])
        ledger.observe("server", SERIES, page, started=None, watched_since=START - 1.0)
        ring.append(at, ledger.sums)
    return ring, default_timer() - begun


def window(ring: CumulativeRing, moment: float, length: int) -> Counts:
    now, then = ring.at(moment), ring.at(moment - length)
    assert now is not None
    bad, total = (
        round(now.get(key, 0.0) - (0.0 if then is None else then.get(key, 0.0)))
        for key in ("bad", "all")
    )
    return Counts(good=total - bad, total=total)


if __name__ == "__main__":
    print(f"one page each {STEP} s, {DAYS} days, target {PROMISE.target:.1%}")
    main()
