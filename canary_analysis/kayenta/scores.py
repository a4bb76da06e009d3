"""From classes to one score: Kayenta's weighted sum over groups.

Rules that surprise, kept as they are: a group without data scores 100, and half of the metrics without
data score 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from canary_analysis.kayenta.classifier import Class, Classified

__all__ = ["Outcome", "Scored", "outcome_of", "score"]

WHOLE = 100.0
TOO_MANY_WITHOUT_DATA = 0.5
COUNTED = (Class.PASS, Class.HIGH, Class.LOW, Class.NODATA_FAIL_METRIC)


class Outcome(StrEnum):
    """What a score means."""

    PASS = "Pass"  # noqa: S105 -- no password
    MARGINAL = "Marginal"
    FAIL = "Fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One score.

    Attributes:
        score: From 0 to 100.
        groups: Score by group; 0 for a group without data, though it counts as 100.
        reason: Why it is 0, where a rule made it so; else empty.
    """

    score: float
    groups: Mapping[str, float]
    reason: str = ""


def score(
    results: Sequence[tuple[Classified, tuple[str, ...]]], weights: Mapping[str, float]
) -> Scored:
    """Score metrics.

    Args:
        results: Each metric's class and its groups; without those that are muted.
        weights: Of groups, in per cent; groups without share what is left of 100.
    """
    by_group: dict[str, list[Class]] = {}
    for found, groups in results:
        for group in groups:
            by_group.setdefault(group, []).append(found.label)
    shown = {group: _share(labels) for group, labels in by_group.items()}
    groups_told = {group: known or 0.0 for group, known in shown.items()}
    critical = [each for each, _ in results if each.critical and each.label is not Class.PASS]
    if critical:
        return Scored(score=0.0, groups=groups_told, reason=f"critical: {critical[0].reason}")
    silent = sum(each.label is Class.NODATA for each, _ in results)
    if not results or silent / len(results) >= TOO_MANY_WITHOUT_DATA:
        return Scored(score=0.0, groups=groups_told, reason="half of the metrics have no data")
    return Scored(score=_summed(shown, weights), groups=groups_told)


def _share(labels: Sequence[Class]) -> float | None:
    """Return how many of a group passed, in per cent; None when none had data."""
    counted = [label for label in labels if label in COUNTED]
    if not counted:
        return None
    return counted.count(Class.PASS) / len(counted) * WHOLE


def _summed(groups: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    unweighted = [group for group in groups if group not in weights]
    rest = (WHOLE - sum(weights.values())) / len(unweighted) if unweighted else 0.0
    total = sum(
        (WHOLE if known is None else known) * weights.get(group, rest) / WHOLE
        for group, known in groups.items()
    )
    return float(Decimal(repr(total)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def outcome_of(value: float, *, passing: float, marginal: float) -> Outcome:
    """Return what a score means.

    >>> outcome_of(80.0, passing=95.0, marginal=75.0)
    <Outcome.MARGINAL: 'Marginal'>
    """
    if value >= passing:
        return Outcome.PASS
    return Outcome.MARGINAL if value >= marginal else Outcome.FAIL
