"""Is one metric of the canary high, low or fine: the rules of Kayenta's Mann-Whitney classifier."""

from dataclasses import dataclass
from enum import StrEnum
from math import isnan

import numpy as np

from canary_analysis.kayenta.points import Numbers, cles, mean_ratio, with_noise
from canary_analysis.kayenta.shift import AllTied, Shift, shift_of

__all__ = [
    "CONFIDENCE",
    "TOLERANCE",
    "Class",
    "Classified",
    "Direction",
    "Effect",
    "Rule",
    "classify",
]

TOLERANCE = 0.25
"""The interval must lie beyond this share of the estimate."""

CONFIDENCE = 0.98
"""Of the interval."""


class Class(StrEnum):
    """What became of a metric, in Kayenta's words."""

    PASS = "Pass"  # noqa: S105 -- no password
    HIGH = "High"
    LOW = "Low"
    NODATA = "Nodata"
    NODATA_FAIL_METRIC = "NodataFailMetric"
    ERROR = "Error"


class Direction(StrEnum):
    """Which way is worse."""

    INCREASE = "increase"
    DECREASE = "decrease"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How large a difference must be.

    Attributes:
        measure: ``meanRatio``, or ``cles``: the chance to be above.
        allowed_increase: From here on an increase counts.
        allowed_decrease: From here down a decrease counts.
        critical_increase: From here on it fails everything, where the metric is critical.
        critical_decrease: The same downwards.
    """

    measure: str = "meanRatio"
    allowed_increase: float = 1.0
    allowed_decrease: float = 1.0
    critical_increase: float = 1.0
    critical_decrease: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a metric is classified.

    Attributes:
        direction: Which way is worse.
        replace_nan: Missing points are zeros; otherwise they are left out.
        critical: Whether it may fail everything.
        must_have_data: Whether missing data fails the metric.
        effect: How large a difference must be.
        tolerance: Share of the estimate that the interval must lie beyond.
        confidence: Of the interval.
    """

    direction: Direction = Direction.EITHER
    replace_nan: bool = False
    critical: bool = False
    must_have_data: bool = False
    effect: Effect = Effect()
    tolerance: float = TOLERANCE
    confidence: float = CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """One metric's class.

    Attributes:
        label: The class.
        critical: Whether it fails everything.
        reason: Why.
        ratio: Mean of the canary over that of the baseline; NaN where either is zero, 1 where they
            were not compared.
        effect: The measure that the rule names; NaN where it could not be had.
        shift: The interval; None where they were not compared.
    """

    label: Class
    critical: bool = False
    reason: str = ""
    ratio: float = 1.0
    effect: float = float("nan")
    shift: Shift | None = None


def classify(
    canary: Numbers, baseline: Numbers, rule: Rule, rng: np.random.Generator
) -> Classified:
    """Classify a metric.

    Args:
        canary: Its points, without NaN.
        baseline: The same.
        rule: What counts.
        rng: Gives the noise that constant points need to have ranks.
    """
    if not len(canary) or not len(baseline):
        return _without_data(canary, rule)
    if len(canary) == len(baseline) and (np.sort(canary) == np.sort(baseline)).all():
        return Classified(label=Class.PASS, reason="both arms have the same points")
    if len(np.unique(np.concatenate([canary, baseline]))) == 1:
        return Classified(label=Class.PASS, reason="all points are the same")
    if np.ptp(canary) == 0.0 and np.ptp(baseline) == 0.0:
        canary, baseline = with_noise(canary, rng), with_noise(baseline, rng)
    try:
        shift = shift_of(canary, baseline, confidence=rule.confidence)
    except AllTied as error:
        return Classified(label=Class.ERROR, reason=str(error))
    return _compared(canary, baseline, shift, rule)


def _without_data(canary: Numbers, rule: Rule) -> Classified:
    if rule.replace_nan:
        return Classified(label=Class.PASS, reason="no points, which are taken as zeros")
    reason = f"the {'baseline' if len(canary) else 'canary'} has no points"
    if rule.must_have_data and not rule.critical:
        return Classified(label=Class.NODATA_FAIL_METRIC, reason=reason)
    return Classified(label=Class.NODATA, critical=rule.critical, reason=reason)


def _compared(canary: Numbers, baseline: Numbers, shift: Shift, rule: Rule) -> Classified:
    ratio, wanted = mean_ratio(canary, baseline), rule.effect
    effect = cles(canary, baseline) if wanted.measure == "cles" else ratio
    bound = rule.tolerance * abs(shift.estimate)
    high = shift.low > bound and _reaches(effect, wanted.allowed_increase)
    low = shift.high < -bound and _falls_to(effect, wanted.allowed_decrease)
    label, critical = Class.PASS, False
    if high and rule.direction is not Direction.DECREASE:
        label, critical = Class.HIGH, _reaches(effect, wanted.critical_increase)
    elif low and rule.direction is not Direction.INCREASE:
        label, critical = Class.LOW, _falls_to(effect, wanted.critical_decrease)
    reason = (
        f"shift {shift.low:.4g} to {shift.high:.4g}, must lie beyond {bound:.4g} either way; "
        f"{wanted.measure} {effect:.4g}"
    )
    return Classified(
        label=label,
        critical=critical and rule.critical,
        reason=reason,
        ratio=ratio,
        effect=effect,
        shift=shift,
    )


def _reaches(effect: float, least: float) -> bool:
    """Whether an effect is large enough; one that cannot be had is not looked at."""
    return isnan(effect) or effect >= least


def _falls_to(effect: float, most: float) -> bool:
    return isnan(effect) or effect <= most
