"""The goals G1 to G10 of canary analysis, one row each: goal, figure, and whether it is met.

A false-alarm goal is met when the upper 95 % bound is at most 1.3 alpha, missed when the lower one
is above alpha, and open when there were too few runs to say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from canary_scenarios import ALIKE, CANARY_RATE, CANARY_REPLICAS, LASTING, LOAD, TROUBLE, at_share
from canary_trials import ALPHAS, HOUR, Trial, false_alarm, median, run_all

from canary_analysis import Policy
from canary_analysis.rehearsal import Rehearsal

DAY = 24.0 * HOUR
LATE = 1_800.0

NOISE = [
    Trial(name=f"G1 {name}, {share:.0%} share", traffic=at_share(traffic, share))
    for name, traffic in ALIKE.items()
    for share in CANARY_REPLICAS
]
LONG = [
    Trial(
        name=f"G1 {name}, 25% share, 24 h",
        traffic=ALIKE[name],
        policy=Policy(horizon_seconds=DAY),
        seconds=DAY,
        part=0.1,
    )
    for name in ("iid", "rep")
]
MISSING = [
    Trial(
        name=f"G10 {name}, {share:.0%} share, 20% of scrapes lost, a reset an hour",
        traffic=replace(at_share(ALIKE[name], share), lost_scrapes=0.2, resets_per_hour=1.0),
    )
    for name in ("iid", "rep", "ramp")
    for share in CANARY_REPLICAS
]
NODES = [
    Trial(name=f"nodes: {name}, {share:.0%} share", traffic=at_share(traffic, share))
    for name, traffic in TROUBLE.items()
    for share in (0.25, 0.5)
]
FEW = [
    Trial(
        name=f"few replicas: rep, {canary} canary, {baseline} baseline",
        traffic=replace(
            LASTING,
            canary_replicas=canary,
            baseline_replicas=baseline,
            rate=CANARY_RATE / canary,
        ),
    )
    for canary, baseline in ((1, 3), (2, 2), (2, 4), (3, 5), (3, 7))
]
FALSE_ALARMS = (*NOISE, *LONG, *MISSING, *NODES, *FEW)

BAD_1, BAD_5, BAD_05 = (replace(LASTING, canary_errors=share) for share in (0.01, 0.05, 0.005))
TAIL, SLOW_25, SLOW_10 = (
    replace(LASTING, slower_tail=2.0),
    replace(LASTING, slower=1.25),
    replace(LASTING, slower=1.1),
)
SPARSE = replace(at_share(LOAD, 0.5, rate=2.0), errors=0.0, canary_errors=0.005)
LOSSY = replace(BAD_1, lost_scrapes=0.2, resets_per_hour=1.0)

Goal = tuple[str, Trial, str, float, str, float, float]
"""Goal, trial, what is counted, at which quantile, unit, its limit at alpha .05, least share found."""

DETECTION: list[Goal] = [
    ("G2 errors 1 %, rep", Trial(name="", traffic=BAD_1), "requests", 0.5, "requests", 1_500, 0.99),
    ("G2 errors 1 %, rep, p90", Trial(name="", traffic=BAD_1), "requests", 0.9, "requests", 5_000, 0.99),
    ("G2 errors 5 %, rep", Trial(name="", traffic=BAD_5), "requests", 0.5, "requests", 600, 0.99),
    ("G2 errors .5 %, rep", Trial(name="", traffic=BAD_05), "requests", 0.5, "requests", 4_500, 0.99),
    ("G3 errors 0 -> .5 %, 2 requests/s", Trial(name="", traffic=SPARSE), "requests", 0.5, "requests", 2_000, 0.99),
    ("G4 p99 x2, rep", Trial(name="", traffic=TAIL), "seconds", 0.5, "s", 60, 0.99),
    ("G4 latency +25 %, rep", Trial(name="", traffic=SLOW_25), "seconds", 0.5, "s", 200, 0.98),
    ("G4 latency +10 %, load", Trial(name="", traffic=replace(LOAD, slower=1.1)), "seconds", 0.5, "s", 80, 0.99),
    ("G4 latency +10 %, rep (stretch: found .6)", Trial(name="", traffic=SLOW_10), "seconds", 0.5, "s", HOUR, 0.6),
    ("G5 errors 1 % from minute 30, rep", Trial(name="", traffic=replace(BAD_1, onset_seconds=LATE)), "late", 0.5, "s", 130, 0.99),
    ("G10 errors 1 %, rep, 20 % of scrapes lost", Trial(name="", traffic=LOSSY), "requests", 0.5, "requests", 1_950, 0.99),
    ("one replica: errors 1 %, rep", Trial(name="", traffic=at_share(BAD_1, 0.05)), "requests", 0.5, "requests", 5_000, 0.99),
    ("one replica: latency +25 %, rep", Trial(name="", traffic=at_share(SLOW_25, 0.05)), "seconds", 0.5, "s", HOUR, 0.6),
]  # fmt: skip

PROMOTION = [
    ("G6 promoted within 15 min, iid", Trial(name="", traffic=ALIKE["iid"], seconds=900.0), 0.95, None),
    ("G6 promoted within 15 min, load", Trial(name="", traffic=LOAD, seconds=900.0), 0.95, None),
    ("G6 promoted within 60 min, rep", Trial(name="", traffic=LASTING), 0.6, None),
    ("G6 promoted although errors 1 %", Trial(name="", traffic=BAD_1), None, 0.05),
    ("G6 promoted although errors 5 %", Trial(name="", traffic=BAD_5), None, 0.05),
    ("G6 promoted although latency +25 %", Trial(name="", traffic=SLOW_25), None, 0.05),
    ("G6 promoted although p99 x2", Trial(name="", traffic=TAIL), None, 0.05),
    ("G6 promoted although latency +15 %", Trial(name="", traffic=replace(LASTING, slower=1.15)), None, 0.05),
    ("G6 promoted although errors 1 % -> 2 %", Trial(name="", traffic=replace(LASTING, errors=0.01, canary_errors=0.02)), None, 0.05),
]  # fmt: skip


def print_goals(runs: int) -> None:
    """Run everything and print the tables."""
    print(f"Canary analysis: {runs} runs a row, {', '.join(map(str, ALPHAS))} alpha, fixed seeds")
    print_false_alarms(FALSE_ALARMS, runs)
    print_detection(runs)
    print_promotion(runs)


def print_false_alarms(trials: Sequence[Trial], runs: int) -> None:
    """False rollbacks by alpha: share (upper 95 % bound)."""
    print(f"{'False rollbacks, a peek each 10 s':66} runs  alpha .05            alpha .01")
    for trial, found in zip(trials, run_all(trials, runs), strict=True):
        cells = [false_alarm(each, alpha) for each, alpha in zip(found, ALPHAS, strict=True)]
        print(f"{trial.name:66} {len(found[0].undecided):4}  {'  '.join(cells)}", flush=True)


def print_detection(runs: int) -> None:
    """Delay at both alphas; the limit is for alpha .05."""
    found = run_all([goal[1] for goal in DETECTION], runs)
    print(f"{'Bad canaries':46} found .05 .01  figure at .05, .01  limit at .05")
    for (name, trial, what, quantile, unit, limit, least), each in zip(
        DETECTION, found, strict=True
    ):
        figures = [median(counted(one, trial, what), quantile) for one in each]
        shares = [one.rollback_share for one in each]
        met = figures[0] <= limit and shares[0] >= least
        cells = " ".join(f"{share:.3f}" for share in shares)
        print(
            f"{name:46} {cells}  {figures[0]:,.0f}, {figures[1]:,.0f} {unit} "
            f"(at most {limit:,.0f}, found {least:g}) {'met' if met else 'MISSED'}",
            flush=True,
        )
    print_blame((goal[0] for goal in DETECTION), found)


def counted(found: Rehearsal, trial: Trial, what: str) -> np.ndarray:
    """What a goal limits; a rollback before the fault does not count as found."""
    if what == "requests":
        return found.rollback_requests
    late = found.rollback_seconds - trial.traffic.onset_seconds
    return np.where(late > 0.0, late, np.nan)


def print_blame(names: Iterable[str], found: Sequence[tuple[Rehearsal, ...]]) -> None:
    """G9: among convicted runs with one fault, the right metric named and no other."""
    right = total = 0
    for name, each in zip(names, found, strict=True):
        wanted = [True, False] if "errors" in name else [False, True]
        convicted = ~each[0].undecided
        right += int((each[0].blamed[convicted] == wanted).all(axis=1).sum())
        total += int(convicted.sum())
    share = right / max(total, 1)
    told = "met" if share >= 0.99 else "MISSED"
    print(
        f"G9 the right metric and no other is named: {share:.4f} of {total} (at least .99) {told}"
    )


def print_promotion(runs: int) -> None:
    """Promotion of good and of bad canaries, at alpha .05 and beta .05."""
    print("Promotion (soak 5 min)")
    found = run_all([goal[1] for goal in PROMOTION], runs)
    for (name, _, least, most), each in zip(PROMOTION, found, strict=True):
        share = each[0].promote_share
        met = share >= least if least is not None else share <= (most or 0.0)
        limit = f"at least {least:g}" if least is not None else f"at most {most:g}"
        when = median(each[0].promote_seconds)
        print(f"{name:46} {share:.3f}, median {when:,.0f} s ({limit}) {'met' if met else 'MISSED'}")
