"""What was found about one metric, for machines and for people."""

from collections.abc import Iterable
from dataclasses import dataclass

from canary_analysis.metric import Kind

__all__ = ["Finding", "doubts_of"]

LEANING = 3.0
"""Odds from which evidence is called substantial (Jeffreys, Theory of Probability, appendix B)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One metric's evidence, effect and counts.

    Attributes:
        metric: Its name.
        kind: How it is counted.
        critical: Whether promotion waits for it.
        e_value: Evidence against "no worse than the margin", as odds to 1.
        culprit: Whether closed testing convicts it on its own.
        edge_seconds: The latency edge with the most evidence; None for errors.
        margin: Odds ratio that counts as "no worse".
        canary_requests: Requests counted.
        canary_events: Errors, or requests above the edge.
        baseline_requests: Requests counted.
        baseline_events: Errors, or requests above the edge.
        odds_ratio: Canary against baseline; None without events, or when all are the canary's.
        odds_low: Lower end of its anytime interval; 0 while nothing is known.
        odds_high: Upper end; None while there is none.
        phi: Replica noise at the edge, 1 for none.
        phi_estimated: Whether it was measured between baseline replicas or taken from the policy.
        proof: Evidence that it is good enough, as odds to 1; 1 / beta proves it.
        proven: Whether that much was reached.
        usable_edges: How many edges can prove anything; always 1 for errors.
        requests_needed: More canary requests until it is proven if the canary is as good as the
            baseline; 0 when proven, None when it cannot be said.
        detectable_share: Share of events in the canary from which this traffic convicts; None when
            no rise would have been seen.
        text: The same for a person.
    """

    metric: str
    kind: Kind
    critical: bool
    e_value: float
    culprit: bool
    edge_seconds: float | None
    margin: float
    canary_requests: int
    canary_events: int
    baseline_requests: int
    baseline_events: int
    odds_ratio: float | None
    odds_low: float
    odds_high: float | None
    phi: float
    phi_estimated: bool
    proof: float
    proven: bool
    usable_edges: int
    requests_needed: int | None
    detectable_share: float | None
    text: str = ""

    @property
    def has_data(self) -> bool:
        """Whether both arms were seen; without, nothing may be concluded."""
        return self.canary_requests > 0 and self.baseline_requests > 0


def doubts_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the critical metrics that speak against the canary, though they may not convict it.

    The evidence may be less than the odds tell: of few replicas, no interval of errors gives much.
    """
    return tuple(
        found.metric
        for found in findings
        if found.critical and (found.e_value >= LEANING or found.odds_low > found.margin)
    )
