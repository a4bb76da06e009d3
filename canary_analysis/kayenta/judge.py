"""Kayenta's verdict on the points of all metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from canary_analysis.kayenta.classifier import Classified, classify
from canary_analysis.kayenta.config import Config, MetricConfig
from canary_analysis.kayenta.points import Numbers, outliers
from canary_analysis.kayenta.scores import Outcome, Scored, outcome_of, score

__all__ = ["JudgedMetric", "Judgement", "Points", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """The points of one metric, one for each step of time; NaN where there is none.

    Attributes:
        canary: Shape (steps,).
        baseline: Shape (steps,).
    """

    canary: Numbers
    baseline: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedMetric:
    """One metric's class, and from how many points it was had.

    Attributes:
        name: Of the metric.
        groups: To whose score it adds.
        muted: Shown, not scored.
        found: Its class.
        canary_points: What was left of them.
        baseline_points: The same.
    """

    name: str
    groups: tuple[str, ...]
    muted: bool
    found: Classified
    canary_points: int
    baseline_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the judge says.

    Attributes:
        outcome: Pass, Marginal or Fail.
        scored: The score, and those of groups.
        metrics: In the order of the configuration.
    """

    outcome: Outcome
    scored: Scored
    metrics: tuple[JudgedMetric, ...]


def judge(config: Config, points: Mapping[str, Points], rng: np.random.Generator) -> Judgement:
    """Judge.

    Args:
        config: What counts.
        points: By metric name; a metric without is one without data.
        rng: Gives the noise on constant points.
    """
    nothing = Points(canary=np.zeros(0), baseline=np.zeros(0))
    metrics = tuple(
        _judged(metric, points.get(metric.name, nothing), rng) for metric in config.metrics
    )
    scored = score(
        [(each.found, each.groups) for each in metrics if not each.muted], config.weights
    )
    limits = config.thresholds
    outcome = outcome_of(scored.score, passing=limits.passing, marginal=limits.marginal)
    return Judgement(outcome=outcome, scored=scored, metrics=metrics)


def _judged(metric: MetricConfig, points: Points, rng: np.random.Generator) -> JudgedMetric:
    canary, baseline = (_ready(each, metric) for each in (points.canary, points.baseline))
    return JudgedMetric(
        name=metric.name,
        groups=metric.groups,
        muted=metric.muted,
        found=classify(canary, baseline, metric.rule, rng),
        canary_points=len(canary),
        baseline_points=len(baseline),
    )


def _ready(points: Numbers, metric: MetricConfig) -> Numbers:
    missing = np.isnan(points)
    kept = np.where(missing, 0.0, points) if metric.rule.replace_nan else points[~missing]
    if metric.outlier_factor is None:
        return kept
    return kept[~outliers(kept, metric.outlier_factor)]
