"""What was found about one gauge, for machines and for people."""

from dataclasses import dataclass, replace
from math import isfinite

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

__all__ = ["GaugeFinding", "appraise_gauge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeFinding:
    """One gauge's two keys and its levels.

    Attributes:
        metric: Its name.
        e_value: The lesser of the two keys, as odds to 1; `limit` warns.
        limit: One over `Policy.gauge_alpha`.
        warning: Whether both keys reached it.
        block_e_value: Evidence of the blocks that the canary's level is beyond the margin.
        replica_key: One over the p-value of the test between replicas.
        margin: Rise that counts as "no worse", in the gauge's unit.
        blocks: Blocks of five minutes so far.
        canary_level: Mean of the canary replicas; None without readings.
        baseline_level: The same for the baseline.
        low: Lower end of the difference's anytime interval; None while there is none.
        high: Upper end.
        text: The same for a person.
    """

    metric: str
    e_value: float
    limit: float
    warning: bool
    block_e_value: float
    replica_key: float
    margin: float
    blocks: int
    canary_level: float | None
    baseline_level: float | None
    low: float | None
    high: float | None
    text: str = ""


def appraise_gauge(metric: Metric, gauge: Gauge, policy: Policy) -> GaugeFinding:
    """Work out a gauge's finding."""
    limit = 1.0 / policy.gauge_alpha
    blocks, replicas = block_evidence(gauge, metric.margin), replica_key(gauge, metric.margin)
    low, high = block_interval(gauge, policy.gauge_alpha)
    finding = GaugeFinding(
        metric=metric.name,
        e_value=min(blocks, replicas),
        limit=limit,
        warning=min(blocks, replicas) >= limit,
        block_e_value=blocks,
        replica_key=replicas,
        margin=metric.margin,
        blocks=gauge.blocks,
        canary_level=float(means(gauge.canary).mean()) if gauge.canary else None,
        baseline_level=float(means(gauge.baseline).mean()) if gauge.baseline else None,
        low=low if isfinite(low) else None,
        high=high if isfinite(high) else None,
    )
    return replace(finding, text=f"{metric.name}: {_text(finding, 1.0 - policy.gauge_alpha)}")


def _text(finding: GaugeFinding, confidence: float) -> str:
    if finding.canary_level is None or finding.baseline_level is None:
        return "no readings on both arms, so nothing is known."
    levels = f"{finding.canary_level:.4g} against {finding.baseline_level:.4g} on the baseline"
    if finding.low is None or finding.high is None:
        return f"{levels}, {finding.blocks} of {FEWEST_BLOCKS} blocks of 5 min needed to judge it."
    told = "higher, a warning" if finding.warning else "no warning"
    return (
        f"{levels}, {told}. Difference {finding.low:.3g} to {finding.high:.3g} ({confidence:.0%} "
        f"anytime interval of {finding.blocks} blocks); evidence {_odds(finding.block_e_value)} by "
        f"blocks and {_odds(finding.replica_key)} by replicas against 'at most "
        f"{finding.margin:g} more' (limit {finding.limit:g} : 1 for both)."
    )


def _odds(value: float) -> str:
    return evidence_text(min(value, 1e12))
