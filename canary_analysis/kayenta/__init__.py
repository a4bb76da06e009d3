"""Kayenta's judge, reckoned anew: the same configuration in, the same classes and scores out.

For whoever comes from Spinnaker, and to put both judges side by side on one data set. It reads points of
time series, not counts, and its guarantees are Kayenta's. Checked against spinnaker/kayenta@a69573be.
"""

from canary_analysis.kayenta.classifier import (
    CONFIDENCE,
    TOLERANCE,
    Class,
    Classified,
    Direction,
    Effect,
    Rule,
    classify,
)
from canary_analysis.kayenta.config import (
    Config,
    InvalidCanaryConfig,
    MetricConfig,
    Thresholds,
    parse_config,
)
from canary_analysis.kayenta.judge import JudgedMetric, Judgement, Points, judge
from canary_analysis.kayenta.scores import Outcome, Scored, score
from canary_analysis.kayenta.shift import AllTied, Shift, shift_of

__all__ = [
    "CONFIDENCE",
    "TOLERANCE",
    "AllTied",
    "Class",
    "Classified",
    "Config",
    "Direction",
    "Effect",
    "InvalidCanaryConfig",
    "JudgedMetric",
    "Judgement",
    "MetricConfig",
    "Outcome",
    "Points",
    "Rule",
    "Scored",
    "Shift",
    "Thresholds",
    "classify",
    "judge",
    "parse_config",
    "score",
    "shift_of",
]
