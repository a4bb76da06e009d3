"""Canary analysis: is the canary worse, proven good enough, or not known yet.

Pure mathematics on counts: no input or output, no clock, no randomness.
"""

from canary_analysis.analysis import Analysis
from canary_analysis.decision import Decision
from canary_analysis.errors import (
    CanaryAnalysisError,
    InvalidInterval,
    InvalidMetric,
    InvalidPolicy,
    InvalidSamples,
    InvalidSnapshot,
)
from canary_analysis.finding import Finding
from canary_analysis.gauge_finding import GaugeFinding
from canary_analysis.gauges import Readings
from canary_analysis.metric import Interval, Kind, Metric
from canary_analysis.noise_prior import (
    NoiseSeen,
    SpreadSeen,
    noise_seen,
    prior_phi,
    prior_spread,
    spread_seen,
)
from canary_analysis.policy import Policy
from canary_analysis.samples import count_above, edges_of
from canary_analysis.share import ShareFinding, compare_share
from canary_analysis.verdict import Code, Reason, Verdict
from canary_analysis.warmup import (
    FreshMinutes,
    WarmupCurve,
    latency_counts_from,
    learn_warmup,
)

__all__ = [
    "Analysis",
    "CanaryAnalysisError",
    "Code",
    "Decision",
    "Finding",
    "FreshMinutes",
    "GaugeFinding",
    "Interval",
    "InvalidInterval",
    "InvalidMetric",
    "InvalidPolicy",
    "InvalidSamples",
    "InvalidSnapshot",
    "Kind",
    "Metric",
    "NoiseSeen",
    "Policy",
    "Readings",
    "Reason",
    "ShareFinding",
    "SpreadSeen",
    "Verdict",
    "WarmupCurve",
    "compare_share",
    "count_above",
    "edges_of",
    "latency_counts_from",
    "learn_warmup",
    "noise_seen",
    "prior_phi",
    "prior_spread",
    "spread_seen",
]
