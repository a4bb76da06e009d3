"""Trials of a canary policy on made-up traffic, run on all processors; each has a seed of its own."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy.stats import beta

from canary_analysis import Policy
from canary_analysis.rehearsal import Rehearsal, rehearse_each
from canary_analysis.traffic import Traffic

HOUR = 3_600.0
ALPHAS = (0.05, 0.01)
SLACK = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One scenario, and which part of the runs it gets."""

    name: str
    traffic: Traffic
    policy: Policy = field(default_factory=Policy)
    seconds: float = HOUR
    part: float = 1.0
    seed: int = 1


def run_all(trials: Sequence[Trial], runs: int) -> list[tuple[Rehearsal, ...]]:
    """Each trial under both values of alpha."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(partial(run_one, runs=runs), trials))


def run_one(trial: Trial, runs: int) -> tuple[Rehearsal, ...]:
    """One trial under both values of alpha."""
    return rehearse_each(
        trial.traffic,
        trial.policy,
        np.random.default_rng(trial.seed),
        runs=max(1, round(runs * trial.part)),
        seconds=trial.seconds,
        alphas=ALPHAS,
    )


def upper_bound(count: int, runs: int) -> float:
    """Clopper and Pearson's upper 95 % bound of a share."""
    return float(beta.ppf(0.95, count + 1, runs - count)) if count < runs else 1.0


def lower_bound(count: int, runs: int) -> float:
    """Clopper and Pearson's lower 95 % bound of a share."""
    return float(beta.ppf(0.05, count, runs - count + 1)) if count else 0.0


def median(values: np.ndarray, quantile: float = 0.5) -> float:
    """Over all runs; infinite where too few got there."""
    return float(np.quantile(np.where(np.isnan(values), np.inf, values), quantile, method="lower"))


def false_alarm(found: Rehearsal, alpha: float) -> str:
    """Share, upper bound, and what that says."""
    runs = len(found.undecided)
    count = int((~found.undecided).sum())
    upper = upper_bound(count, runs)
    told = "met" if upper <= SLACK * alpha else "open"
    told = "MISSED" if lower_bound(count, runs) > alpha else told
    return f"{count / runs:.4f} ({upper:.4f}) {told:6}"
