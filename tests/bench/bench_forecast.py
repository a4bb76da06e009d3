"""How often the truth lies inside the forecast's interval, replayed over two real hours of requests.

Run it with `python tests/bench/bench_forecast.py`. Slow answers are those above a limit on the time
that their tokens take; waiting answers are those that waited too long in a queue before four servers,
which makes errors come in storms that no past announces. Beside the interval stands what others do:
window / burn. It prints figures and asserts none.
"""

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from slo import CountHistory, Objective, forecast
from slo.coming_errors import Walk
from tests.slo.request_traces import TRACES, events, steps, waits

STEP_SECONDS = 3.0
HORIZONS = (6, 18, 36)
WINDOW = timedelta(minutes=12)
EVERY = 15.0


def main() -> None:
    """Print coverage of error ratios to come, then of the moments at which budgets ran out."""
    print("truths inside the 80 % interval, error ratio of the next 18 s, 54 s, 108 s")
    everything = []
    for name in TRACES:
        slow = steps(*events(name), STEP_SECONDS)
        for kind, gained in (
            ("slow answers", slow),
            ("waiting, 60 % busy", steps(*waits(name, 0.6), STEP_SECONDS)),
            ("waiting, 80 % busy", steps(*waits(name, 0.8), STEP_SECONDS)),
        ):
            found = [covered(*gained, horizon) for horizon in HORIZONS]
            everything += found
            print(f"  {name:5} {kind:20}" + "".join(f" {share:6.1%}" for share in found))
    print(f"  all of them          {'':10} {np.mean(everything):6.1%}")
    print("\nbudgets of 12 minutes: when they ran out, or that they lasted, inside the interval")
    for name in TRACES:
        for target in (0.93, 0.95):
            exhaustion(name, target)


def covered(bad: np.ndarray, total: np.ndarray, horizon: int) -> float:
    walk, inside = Walk(bad, total, horizon), []
    for at, ratio in walk.guesses():
        if at >= 10 * horizon and at + horizon <= len(bad) and ratio is not None:
            truth = walk.truth(at)
            inside += [] if truth is None else [ratio.low <= truth <= ratio.high]
    return float(np.mean(inside))


def exhaustion(name: str, target: float) -> None:
    times, bad = events(name)
    history = CountHistory(
        times=(unique := np.unique(times)),
        bad=np.cumsum(np.bincount(np.searchsorted(unique, times), bad)).astype(np.int64),
        total=np.cumsum(np.bincount(np.searchsorted(unique, times))).astype(np.int64),
    )
    objective = Objective(target=target, window=WINDOW)
    inside, straight, gone = [], [], 0
    for now in np.arange(1200.0, times[-1] - 150.0, EVERY):
        found = forecast(history, objective, now=now)
        if not found.outlooks or found.outlooks[0].middle >= 1.0:
            continue  # gone already: nothing to foretell
        truth = ran_out(history, objective, now, [each.seconds for each in found.outlooks])
        gone += truth is not None
        inside.append(within(found.earliest, truth, found.latest))
        burn = history.window(now, timedelta(minutes=1)).error_ratio or 0.0
        left = 1.0 - found.outlooks[0].middle
        guess = left * WINDOW.total_seconds() / max(burn / objective.allowed_error_ratio, 1e-9)
        straight.append((guess <= found.reach) == (truth is not None))
    print(
        f"  {name:5} target {target:.0%}: {np.mean(inside):6.1%} of {len(inside)}, of which {gone} ran out"
        f" within reach; window / burn is right whether they do in {np.mean(straight):.0%}"
    )


def ran_out(
    history: CountHistory, objective: Objective, now: float, horizons: list[float]
) -> float | None:
    """Return the first of the horizons at which the budget was really gone."""
    for seconds in horizons:
        ratio = history.window(now + seconds, objective.window).error_ratio
        if ratio is not None and ratio >= objective.allowed_error_ratio:
            return seconds
    return None


def within(earliest: float | None, truth: float | None, latest: float | None) -> bool:
    """Whether the truth lies inside; None is later than can be seen."""
    late = np.inf if truth is None else truth
    return (
        (np.inf if earliest is None else earliest) <= late <= (np.inf if latest is None else latest)
    )


if __name__ == "__main__":
    main()
