"""Where each metric's edges lie in the wide arrays that all metrics share.

Every step of the analysis is a few array operations over the edges of all metrics at once, so a
hundred histograms cost little more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from canary_analysis.arrays import BoolArray, FloatArray, IntArray
from canary_analysis.errors import InvalidMetric
from canary_analysis.metric import Kind, Metric
from canary_analysis.policy import Policy

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Columns of the wide arrays. E edges of M metrics.

    Attributes:
        metrics: In the order of their columns.
        first: First edge of each metric, shape (M,).
        owner: Metric of each edge, shape (E,).
        errors: Which edges count errors, shape (E,).
        margin: Odds ratio that still counts as "no worse", by edge.
        equivalence: Odds ratio that must be excluded before promotion, by edge.
        weight: Part of the stake, by metric.
    """

    metrics: tuple[Metric, ...]
    first: IntArray
    owner: IntArray
    errors: BoolArray
    margin: FloatArray
    equivalence: FloatArray
    weight: FloatArray

    @classmethod
    def of(
        cls, metrics: Sequence[Metric], policy: Policy, *, besides: Sequence[Metric] = ()
    ) -> "Layout":
        """Lay out counted metrics under a policy.

        Args:
            metrics: Errors and latencies.
            policy: The margins.
            besides: Gauges, which have no columns but share the names.

        Raises:
            InvalidMetric: There are none, two share a name, or no metric has a weight.
        """
        _check(metrics, besides)
        widths = np.array([metric.width for metric in metrics])
        owner = np.repeat(np.arange(len(metrics)), widths)
        errors = np.array([metric.kind is Kind.ERRORS for metric in metrics])[owner]
        return cls(
            metrics=tuple(metrics),
            first=np.cumsum(widths) - widths,
            owner=owner,
            errors=errors,
            margin=np.where(errors, policy.error_margin, policy.latency_margin),
            equivalence=np.where(errors, policy.error_equivalence, policy.latency_equivalence),
            weight=np.array([metric.weight for metric in metrics], dtype=np.float64),
        )

    @property
    def width(self) -> int:
        """Number of edges of all metrics."""
        return len(self.owner)

    def columns(self, index: int) -> slice:
        """Edges of one metric."""
        start = int(self.first[index])
        return slice(start, start + self.metrics[index].width)

    def sum_by_metric(self, values: FloatArray) -> FloatArray:
        """Sum over the edges of each metric: (..., E) to (..., M)."""
        return np.asarray(np.add.reduceat(values, self.first, axis=-1))

    def mean_by_metric(self, values: FloatArray) -> FloatArray:
        """Mean over the edges of each metric: (..., E) to (..., M)."""
        return self.sum_by_metric(values) / np.bincount(self.owner)

    def least_by_metric(self, values: FloatArray) -> FloatArray:
        """Least over the edges of each metric: (..., E) to (..., M)."""
        return np.asarray(np.minimum.reduceat(values, self.first, axis=-1))


def _check(metrics: Sequence[Metric], besides: Sequence[Metric]) -> None:
    names = [metric.name for metric in (*metrics, *besides)]
    if not metrics:
        msg = "An analysis needs at least one metric: errors, latency, or both."
        raise InvalidMetric(msg)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"Two metrics share the name {twice[0]!r}. Findings are told by name."
        raise InvalidMetric(msg)
    if not any(metric.weight > 0.0 for metric in metrics):
        msg = "No metric has a weight, so nothing could ever convict. Leave one at 1.0."
        raise InvalidMetric(msg)
