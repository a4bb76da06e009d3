"""Findings as sentences."""

from canary_analysis.finding import Finding
from canary_analysis.metric import Kind

__all__ = ["evidence_text", "finding_text"]

WORTH_TELLING = 3.0
"""Evidence below these odds is told as none."""


def evidence_text(value: float) -> str:
    """An e-value as betting odds.

    >>> evidence_text(312.4), evidence_text(0.2)
    ('310 : 1', '0.2 : 1')
    """
    return f"{float(f'{value:.2g}'):g} : 1"


def finding_text(finding: Finding, *, confidence: float, limit: float) -> str:
    """Say counts, effect, evidence, noise, and what this traffic cannot tell.

    Args:
        finding: All but its text.
        confidence: Of the anytime interval, a share.
        limit: Evidence that convicts.
    """
    if not finding.has_data:
        return f"{finding.metric}: no requests on {_silent_arms(finding)}, so nothing is known."
    told = finding.kind is Kind.ERRORS or finding.e_value >= WORTH_TELLING
    parts = [_effect(finding, confidence, limit)] if told else ["no evidence."]
    parts += [_noise(finding), _blind_spot(finding)]
    return f"{finding.metric}: " + " ".join(part for part in parts if part)


def _silent_arms(finding: Finding) -> str:
    silent = [
        arm
        for arm, requests in (
            ("the canary", finding.canary_requests),
            ("the baseline", finding.baseline_requests),
        )
        if requests == 0
    ]
    return " and ".join(silent)


def _effect(finding: Finding, confidence: float, limit: float) -> str:
    what = "errors" if finding.edge_seconds is None else f"slower than {finding.edge_seconds:g} s"
    counts = (
        f"{finding.canary_events:,} {what} of {finding.canary_requests:,} canary requests against "
        f"{finding.baseline_events:,} of {finding.baseline_requests:,} baseline"
    )
    evidence = (
        f"evidence {evidence_text(finding.e_value)} against "
        f"'no worse than {finding.margin:g}x' (limit {limit:g} : 1)."
    )
    return f"{counts}, {_odds(finding, confidence)}{evidence}"


def _odds(finding: Finding, confidence: float) -> str:
    sure = f"{confidence:.0%} anytime"
    if finding.odds_high is None or finding.odds_ratio is None:
        return f"odds at least {finding.odds_low:.2g}x ({sure}), " if finding.odds_low else ""
    interval = f"{finding.odds_low:.2g} to {finding.odds_high:.2g}"
    return f"odds {finding.odds_ratio:.2g}x ({sure} interval {interval}), "


def _noise(finding: Finding) -> str:
    if finding.phi_estimated:
        return f"Replica noise phi {finding.phi:.2g}."
    return f"Replica noise phi {finding.phi:.2g}, partly assumed: too few baseline replicas to measure it."


def _blind_spot(finding: Finding) -> str:
    if finding.culprit:
        return ""
    if finding.detectable_share is None:
        return "This traffic can tell no rise yet."
    what = "errors" if finding.edge_seconds is None else f"over {finding.edge_seconds:g} s"
    usual = finding.baseline_events / finding.baseline_requests
    return (
        f"With this traffic a rise of {what} from {usual:.2%} to below "
        f"{finding.detectable_share:.2%} cannot be told."
    )
