"""Proof that the canary is good enough: the same bet, placed on the other side.

Promotion needs evidence too; silence is not proof. The suspicion to be refuted is "the odds are at
least the equivalence margin". Swap the arms and it reads "the baseline's odds are at most one over
it", which is what evidence.py bets against.
"""

from dataclasses import dataclass

import numpy as np

from canary_analysis.arrays import BoolArray, FloatArray
from canary_analysis.error_counts import tolerable_evidence
from canary_analysis.evidence import Table
from canary_analysis.latency_edges import informative
from canary_analysis.layout import Layout

__all__ = ["Proof", "prove"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """Evidence that each metric is good enough.

    Attributes:
        by_edge: The e-value at each edge.
        value: The e-value by metric; 1 / beta proves it. 1 where nothing can be proven yet.
        usable: By edge, which ones count in it.
    """

    by_edge: FloatArray
    value: FloatArray
    usable: BoolArray


def prove(
    layout: Layout, relative: FloatArray, table: Table, phi: FloatArray, tolerable: float
) -> Proof:
    """Combine the evidence of a metric's edges.

    Errors are proven by the mean of two bets, "odds below the margin" and "rate below the tolerable
    one": a mean of e-values is an e-value, a choice between them is not. A histogram is proven when
    every informative edge is (intersection-union, hence no correction).

    Args:
        layout: Where the columns are.
        relative: The e-value against "odds at least the equivalence margin", by edge.
        table: Cumulative counts by edge.
        phi: Replica noise by edge.
        tolerable: The absolute error rate that is good enough.
    """
    errors = layout.errors
    absolute = tolerable_evidence(table.map(lambda counts: counts[errors]), tolerable, phi[errors])
    usable = errors | informative(table.above, table.total)
    by_edge = relative.copy()
    by_edge[errors] = 0.5 * (relative[errors] + absolute)
    least = layout.least_by_metric(np.where(usable, by_edge, np.inf))
    value = np.where(np.isfinite(least), least, 1.0)
    return Proof(by_edge=by_edge, value=value, usable=usable)
