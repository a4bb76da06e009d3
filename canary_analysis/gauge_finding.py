"""What was found about one gauge, for machines and for people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from canary_analysis.arms import Arm, Arms
from canary_analysis.gauges import (
    FEWEST_BLOCKS,
    Gauge,
    block_evidence,
    block_interval,
    means,
    replica_key,
)
from canary_analysis.metric import Metric
from canary_analysis.policy import Policy
from canary_analysis.text import evidence_text

__all__ = ["GaugeFinding", "appraise_gauges", "risen"]

MORE_LOAD = 1.1
"""A canary replica that answers so many times more than a baseline one: worth telling."""

MUCH_MORE_LOAD = 1.25
"""So much more load raises levels by itself, so a gauge sends nobody home for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeFinding:
    """One gauge's two keys and its levels.

    Attributes:
        metric: Its name.
        e_value: The lesser of the two keys, as odds to 1; `limit` warns.
        limit: One over `Policy.gauge_alpha`.
        warning: Whether both keys reached it.
        known: Whether it can be judged: enough blocks, none of them long ago. What is not known
            is neither a warning nor health.
        rollback_limit: Odds from which it convicts the canary; None when it only warns.
        convicts: Whether both keys reached that, without much more load on the canary's replicas.
        block_e_value: Evidence of the blocks that the canary's level is beyond the margin.
        replica_key: One over the p-value of the test between replicas.
        margin: Rise that counts as "no worse", in the gauge's unit.
        blocks: Blocks of five minutes so far.
        canary_replicas: How many were read.
        baseline_replicas: The same for the baseline.
        canary_level: Mean of the canary replicas; None without readings.
        baseline_level: The same for the baseline.
        low: Lower end of the difference's anytime interval; None while there is none.
        high: Upper end.
        load_ratio: Requests of a canary replica against those of a baseline one; None without.
        text: The same for a person.
    """

    metric: str
    e_value: float
    limit: float
    warning: bool
    known: bool
    rollback_limit: float | None
    convicts: bool
    block_e_value: float
    replica_key: float
    margin: float
    blocks: int
    canary_replicas: int
    baseline_replicas: int
    canary_level: float | None
    baseline_level: float | None
    low: float | None
    high: float | None
    load_ratio: float | None
    text: str = ""


def appraise_gauges(
    gauges: Sequence[tuple[Metric, Gauge]], arms: Arms, policy: Policy, *, elapsed_seconds: float
) -> tuple[GaugeFinding, ...]:
    """Work out the finding of each gauge.

    Args:
        gauges: What was read.
        arms: What was counted, for the load of the replicas.
        policy: The limits. Those gauges that roll back share alpha.
        elapsed_seconds: Now, since the analysis began.
    """
    convicting = sum(metric.rolls_back for metric, _ in gauges)
    limit = convicting / policy.alpha if convicting else None
    return tuple(
        _appraised(metric, gauge, arms, policy, now=elapsed_seconds, rollback_limit=limit)
        for metric, gauge in gauges
    )


def risen(found: Sequence[GaugeFinding]) -> tuple[str, ...]:
    """Gauges that convict the canary, by name."""
    return tuple(each.metric for each in found if each.convicts)


def _appraised(
    metric: Metric,
    gauge: Gauge,
    arms: Arms,
    policy: Policy,
    *,
    now: float,
    rollback_limit: float | None,
) -> GaugeFinding:
    limit = 1.0 / policy.gauge_alpha
    blocks, replicas = block_evidence(gauge, metric.margin), replica_key(gauge, metric.margin)
    low, high = block_interval(gauge, policy.gauge_alpha)
    last, load = gauge.last_seconds(), _load_ratio(gauge, arms)
    fresh = last is not None and now - last <= policy.stale_after_seconds
    must_reach = rollback_limit if metric.rolls_back else None
    heavier = load is not None and load > MUCH_MORE_LOAD
    finding = GaugeFinding(
        metric=metric.name,
        e_value=min(blocks, replicas),
        limit=limit,
        warning=min(blocks, replicas) >= limit,
        known=fresh and gauge.blocks >= FEWEST_BLOCKS,
        rollback_limit=must_reach,
        convicts=must_reach is not None and min(blocks, replicas) >= must_reach and not heavier,
        block_e_value=blocks,
        replica_key=replicas,
        margin=metric.margin,
        blocks=gauge.blocks,
        canary_replicas=len(gauge.canary),
        baseline_replicas=len(gauge.baseline),
        canary_level=float(means(gauge.canary).mean()) if gauge.canary else None,
        baseline_level=float(means(gauge.baseline).mean()) if gauge.baseline else None,
        low=low if isfinite(low) else None,
        high=high if isfinite(high) else None,
        load_ratio=load,
    )
    old = None if fresh or last is None else now - last
    told = _text(finding, gauge, 1.0 - policy.gauge_alpha, old)
    return replace(finding, text=f"{metric.name}: {told}")


def _load_ratio(gauge: Gauge, arms: Arms) -> float | None:
    here, there = _requests(arms.canary, gauge.canary), _requests(arms.baseline, gauge.baseline)
    return here / there if here and there else None


def _requests(arm: Arm, read: Collection[str]) -> float:
    """Mean requests of the replicas that were read; 0 when none of them was counted."""
    counted = [row.max() for name, row in zip(arm.names, arm.total, strict=True) if name in read]
    return float(np.mean(counted)) if counted else 0.0


def _text(finding: GaugeFinding, gauge: Gauge, confidence: float, old: float | None) -> str:
    """Say the levels, what is known, and what else may have raised them.

    Args:
        finding: All but its text.
        gauge: What was read.
        confidence: Of the interval, a share.
        old: Seconds since the last reading where that is long ago; None where it is not.
    """
    parts = [_levels(finding, confidence)]
    if old is not None:
        parts.append(f"The latest reading is {old:.0f} s old, so nothing is known of now.")
    if gauge.shared:
        parts.append(f"{gauge.shared} replicas serve both versions: their level is no version's.")
    if finding.load_ratio is not None and finding.load_ratio > MORE_LOAD:
        parts.append(
            f"A canary replica answers {finding.load_ratio:.2g}x the requests of a baseline one, "
            "which alone may raise it."
        )
    return " ".join(parts)


def _levels(finding: GaugeFinding, confidence: float) -> str:
    if finding.canary_level is None or finding.baseline_level is None:
        return (
            f"read on {finding.canary_replicas} canary and {finding.baseline_replicas} baseline "
            "replicas, no readings on both arms, so nothing is known."
        )
    levels = f"{finding.canary_level:.4g} against {finding.baseline_level:.4g} on the baseline"
    if finding.low is None or finding.high is None:
        return f"{levels}, {finding.blocks} of {FEWEST_BLOCKS} blocks of 5 min needed to judge it."
    told = "higher, a warning" if finding.warning else "no warning"
    return (
        f"{levels}, {told}. Difference {finding.low:.3g} to {finding.high:.3g} ({confidence:.0%} "
        f"anytime interval of {finding.blocks} blocks); evidence {_odds(finding.block_e_value)} by "
        f"blocks and {_odds(finding.replica_key)} by replicas against 'at most "
        f"{finding.margin:g} more' ({_limits(finding)})."
    )


def _limits(finding: GaugeFinding) -> str:
    told = f"limit {finding.limit:g} : 1 for both"
    if finding.rollback_limit is None:
        return told
    return f"{told}, {finding.rollback_limit:g} : 1 to roll back"


def _odds(value: float) -> str:
    return evidence_text(min(value, 1e12))
