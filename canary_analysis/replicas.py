"""What replica noise does to evidence, and the two corrections.

Requests of one replica resemble each other: one pod is slower, another has a bad disk. A test that
treats every request as a fresh toss then convicts healthy canaries. So (1) log evidence is divided
by phi, the Pearson dispersion of cumulative counts between baseline replicas, and (2) nobody is
convicted by a single replica: the evidence must stand with each canary replica left out.
"""

import numpy as np

from canary_analysis.arms import Arm, Arms
from canary_analysis.arrays import BoolArray, FloatArray, IntArray
from canary_analysis.evidence import Table
from canary_analysis.layout import Layout
from canary_analysis.policy import Policy

__all__ = [
    "FEWEST_TO_LEAVE_ONE_OUT",
    "dispersion",
    "left_out_tables",
    "noise",
    "replicas_with_traffic",
]

FEWEST_TO_LEAVE_ONE_OUT = 3
"""With one or two canary replicas nothing can tell a sick replica from a bad version."""


def dispersion(total: IntArray, above: IntArray) -> FloatArray:
    """Pearson dispersion between replicas by edge: 1 when they differ by chance alone.

    It is a point estimate: an upper bound would protect more and find less.

    Args:
        total: Requests, shape (replicas, edges).
        above: Requests above each edge, the same shape.

    Returns:
        Shape (edges,); NaN where fewer than two replicas had traffic or nothing could vary.
    """
    requests = total.sum(axis=0)
    share = above.sum(axis=0) / np.maximum(requests, 1)
    spread = total * (share * (1.0 - share))
    known = spread > 0.0
    squares = np.where(known, (above - total * share) ** 2 / np.where(known, spread, 1.0), 0.0)
    free = known.sum(axis=0) - 1
    return np.where(free > 0, squares.sum(axis=0) / np.maximum(free, 1), np.nan)


def noise(layout: Layout, baseline: Arm, policy: Policy) -> tuple[FloatArray, BoolArray]:
    """Phi by edge, never below 1, and where it was estimated rather than taken from the policy."""
    enough = replicas_with_traffic(baseline)[layout.owner] >= policy.min_baseline_replicas
    measured = dispersion(baseline.total[:, layout.owner], baseline.above)
    estimated = enough & ~np.isnan(measured)
    return np.maximum(1.0, np.where(estimated, measured, policy.prior_phi)), estimated


def replicas_with_traffic(arm: Arm) -> IntArray:
    """How many replicas have answered at least one request, by metric."""
    return np.asarray((arm.total > 0).sum(axis=0))


def left_out_tables(layout: Layout, tick: Arms) -> Table:
    """Tables of one tick, shape (1 + canary replicas, edges): everyone, then each left out."""
    total = tick.canary.total[:, layout.owner]
    above = tick.canary.above
    everyone, everyone_above = total.sum(axis=0), above.sum(axis=0)
    return Table(
        canary_total=np.concatenate([everyone[None], everyone - total]),
        canary_above=np.concatenate([everyone_above[None], everyone_above - above]),
        baseline_total=tick.baseline.total.sum(axis=0)[layout.owner][None],
        baseline_above=tick.baseline.above.sum(axis=0)[None],
    )
