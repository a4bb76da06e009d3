"""What an SLO's rules say at many moments at once: `evaluate`, without its words.

It is held to say exactly what `evaluate` says at each moment; only so a replay of months in seconds
tells what would have happened.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slo.alert_windows import BurnRule, Severity
from slo.count_history import CountHistory, WindowCounts
from slo.evidence_gate import EvidenceGate
from slo.objective import Objective
from slo.sli import Counts

__all__ = ["FIRING", "QUIET", "UNKNOWN", "firing_over_time"]

FIRING, QUIET, UNKNOWN = 1, 0, -1

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Said:
    """What one rule says at each moment, and how close its burn is to its threshold."""

    code: Codes
    urgency: Floats


def firing_over_time(
    rules: tuple[BurnRule, ...],
    history: CountHistory,
    moments: Floats,
    objective: Objective,
    gate: EvidenceGate,
) -> dict[Severity, Codes]:
    """Return what each severity's decision is at each moment: FIRING, QUIET or UNKNOWN.

    Args:
        rules: Of one SLO.
        history: What happened.
        moments: When the rules are evaluated, Unix seconds.
        objective: The promise.
        gate: What an alert needs besides its burn rate.
    """
    found: dict[Severity, Codes] = {}
    for severity in dict.fromkeys(rule.severity for rule in rules):
        said = [
            _said(
                rule,
                history.windows(moments, rule.long),
                history.windows(moments, rule.short),
                objective,
                gate,
            )
            for rule in rules
            if rule.severity is severity
        ]
        closest = np.argmax([each.urgency for each in said], axis=0)
        codes = np.array([each.code for each in said])
        of_closest = np.take_along_axis(codes, closest[np.newaxis], axis=0)[0]
        found[severity] = np.where((codes == FIRING).any(axis=0), FIRING, of_closest)
    return found


def _said(
    rule: BurnRule,
    long: WindowCounts,
    short: WindowCounts,
    objective: Objective,
    gate: EvidenceGate,
) -> _Said:
    threshold = rule.threshold(objective.window)
    burn_long, burn_short = _burn(long, objective), _burn(short, objective)
    # Comparisons with NaN, which stands for no traffic, are false.
    above = burn_long >= threshold
    code = np.where(np.isnan(burn_long), UNKNOWN, QUIET).astype(np.int8)
    code[above & np.isnan(burn_short)] = UNKNOWN
    both = np.flatnonzero(above & (burn_short >= threshold))
    passed = _passes(gate, long.bad[both], long.total[both], objective.allowed_error_ratio)
    code[both[passed]] = FIRING
    urgency = np.where(np.isnan(burn_long), -1.0, burn_long / threshold)
    return _Said(code=code, urgency=urgency)


def _burn(counts: WindowCounts, objective: Objective) -> Floats:
    with np.errstate(invalid="ignore"):
        ratio: Floats = counts.bad / counts.total
    return ratio / objective.allowed_error_ratio


def _passes(
    gate: EvidenceGate, bad: npt.NDArray[np.int64], total: npt.NDArray[np.int64], allowed: float
) -> npt.NDArray[np.bool_]:
    """Ask the gate; where a bound already tells that it opens, its long sum is spared."""
    events, failed = total // gate.unit, bad // gate.unit
    passed = (failed >= gate.min_bad) & (_chance_at_most(failed, events, allowed) < gate.chance)
    for at in np.flatnonzero(~passed):
        counts = Counts(good=int(total[at] - bad[at]), total=int(total[at]))
        passed[at] = gate.passes(counts, allowed)
    return passed


def _chance_at_most(
    bad: npt.NDArray[np.int64], total: npt.NDArray[np.int64], allowed: float
) -> Floats:
    """Bound the chance of so many failures from above; 1 where they are no more than expected.

    Source: W. Hoeffding, "Probability inequalities for sums of bounded random variables" (1963),
    theorem 1, in the form with relative entropy.
    """
    share = bad / np.maximum(total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        well = np.where(share < 1.0, (1.0 - share) * np.log((1.0 - share) / (1.0 - allowed)), 0.0)
        entropy = np.where(share > allowed, share * np.log(share / allowed) + well, 0.0)
    bound: Floats = np.exp(-total * entropy)
    return bound
