"""Does the router send the canary the share it was told to? An alarm, never part of a verdict."""

from dataclasses import dataclass
from math import lgamma

import numpy as np

__all__ = ["ShareFinding", "compare_share"]

PRIOR_REQUESTS = 20.0
"""The bet is spread around the configured share as if this many requests had been seen there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareFinding:
    """Observed against configured share of requests.

    Attributes:
        observed: The canary's share of requests; None without traffic.
        configured: The share that the router was asked for.
        e_value: Evidence against "requests are sent by the configured share".
        alarm: Whether it reached 1 / alpha.
        text: The same for a person.
    """

    observed: float | None
    configured: float
    e_value: float
    alarm: bool
    text: str


def compare_share(
    canary_requests: int, baseline_requests: int, *, configured: float, alpha: float = 0.001
) -> ShareFinding:
    """Compare requests counted while one share was configured; readable at any time.

    Args:
        canary_requests: Since this share was configured.
        baseline_requests: Since then.
        configured: Wanted share of the canary, in (0, 1).
        alpha: Accepted chance of ever raising a false alarm.

    Source: the Beta-mixture of Bernoulli likelihood ratios, Robbins (1970).

    >>> compare_share(250, 750, configured=0.25).alarm
    False
    >>> compare_share(100, 900, configured=0.25).alarm
    True
    """
    n = canary_requests + baseline_requests
    here, rest = PRIOR_REQUESTS * configured, PRIOR_REQUESTS * (1.0 - configured)
    grown = float(_betaln(canary_requests + here, baseline_requests + rest) - _betaln(here, rest))
    grown -= canary_requests * np.log(configured) + baseline_requests * np.log1p(-configured)
    e_value = float(np.exp(min(grown, 600.0)))
    alarm = e_value >= 1.0 / alpha
    observed = canary_requests / n if n else None
    seen = "No requests yet" if observed is None else f"The canary gets {observed:.1%} of requests"
    judged = "this is not chance" if alarm else "no evidence of another share"
    text = f"{seen}; {configured:.1%} is configured; {judged} ({e_value:.3g} : 1)."
    return ShareFinding(
        observed=observed, configured=configured, e_value=e_value, alarm=alarm, text=text
    )


def _betaln(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
