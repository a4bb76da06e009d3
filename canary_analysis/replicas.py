"""What replica noise does to evidence, and the two corrections.

Requests of one replica resemble each other: one pod is slower, another has a bad disk. A test that
treats every request as a fresh toss then convicts healthy canaries. So (1) log evidence is divided
by a power of phi, the Pearson dispersion of cumulative counts between baseline replicas, and (2) nobody is
convicted by a single replica: the evidence must stand with each canary replica left out.
"""

import numpy as np
from scipy.special import chdtri

from canary_analysis.arms import Arm, Arms
from canary_analysis.arrays import BoolArray, FloatArray, IntArray
from canary_analysis.evidence import Table
from canary_analysis.layout import Layout
from canary_analysis.policy import Policy

__all__ = [
    "FEWEST_TO_LEAVE_ONE_OUT",
    "discount",
    "dispersion",
    "left_out_tables",
    "noise",
    "pooled_table",
    "replicas_with_traffic",
]

FEWEST_TO_LEAVE_ONE_OUT = 3
"""With one or two canary replicas nothing can tell a sick replica from a bad version."""

BOUND_OF_FEW = 0.8
"""How sure the upper bound of phi is when it rests on few replicas."""


def dispersion(total: IntArray, above: IntArray) -> FloatArray:
    """Pearson dispersion between replicas by edge: 1 when they differ by chance alone.

    It is a point estimate: an upper bound would protect more and find less.

    Args:
        total: Requests, shape (replicas, edges).
        above: Requests above each edge, the same shape.

    Returns:
        Shape (edges,); NaN where fewer than two replicas had traffic or nothing could vary.
    """
    squares, free = _squares(total, above)
    return np.where(free > 0, squares / np.maximum(free, 1), np.nan)


def _squares(total: IntArray, above: IntArray) -> tuple[FloatArray, IntArray]:
    """Pearson's sum of squares, and its degrees of freedom."""
    requests, slow = total.astype(np.float64), above.astype(np.float64)
    share = slow.sum(axis=0) / np.maximum(requests.sum(axis=0), 1.0)
    varies = share * (1.0 - share)
    off = slow - requests * share
    off *= off
    off /= np.maximum(requests, 1.0)
    free = np.where(varies > 0.0, np.maximum((total > 0).sum(axis=0) - 1, 0), 0)
    return np.where(free > 0, off.sum(axis=0) / np.where(free > 0, varies, 1.0), 0.0), free


def noise(layout: Layout, arms: Arms, policy: Policy) -> tuple[FloatArray, BoolArray]:
    """Phi by edge, never below 1, and where it was measured well.

    With few baseline replicas it is the policy's prior or what the replicas of both arms show, each
    arm by itself, if that is more. A handful of replicas shows too little as often as too much, so
    their excess is multiplied by what brings it to an upper bound.
    """
    baseline, owner = arms.baseline, layout.owner
    measured = dispersion(baseline.total[:, owner], baseline.above)
    enough = replicas_with_traffic(baseline)[owner] >= policy.min_baseline_replicas
    estimated = enough & ~np.isnan(measured)
    if estimated.all():
        return np.maximum(1.0, measured), estimated
    few = np.maximum(policy.prior_phi, _shown_by_few(layout, arms))
    return np.maximum(1.0, np.where(estimated, measured, few)), estimated


def _shown_by_few(layout: Layout, arms: Arms) -> FloatArray:
    """An upper bound of phi from the replicas of both arms; 1 where they cannot show any."""
    both = [_squares(arm.total[:, layout.owner], arm.above) for arm in (arms.canary, arms.baseline)]
    squares, free = (np.sum(parts, axis=0) for parts in zip(*both, strict=True))
    excess = np.maximum(squares / np.maximum(free, 1) - 1.0, 0.0)
    raised = free / chdtri(np.maximum(free, 1), BOUND_OF_FEW)
    return np.where(free > 0, 1.0 + excess * raised, 1.0)


def discount(phi: FloatArray, canary: Arm, owner: IntArray, *, power: float) -> FloatArray:
    """What log evidence is divided by: a power of phi that depends on the canary's replicas.

    Lasting differences between replicas are drawn once, while the evidence pays for looking again
    and again; and where one replica can be left out, the worst of them is. Both leave room to
    discount less than phi. A lone replica has no such protection.

    Args:
        phi: Replica noise by edge, at least 1.
        canary: The canary's counts.
        owner: Metric of each edge.
        power: For three canary replicas or more.
    """
    several = replicas_with_traffic(canary)[owner] >= FEWEST_TO_LEAVE_ONE_OUT
    return np.asarray(phi ** np.where(several, power, 1.0))


def replicas_with_traffic(arm: Arm) -> IntArray:
    """How many replicas have answered at least one request, by metric."""
    return np.asarray((arm.total > 0).sum(axis=0))


def pooled_table(layout: Layout, arms: Arms) -> Table:
    """Tables of all replicas together, shape (edges,)."""
    return Table(
        canary_total=arms.canary.total.sum(axis=0)[layout.owner],
        canary_above=arms.canary.above.sum(axis=0),
        baseline_total=arms.baseline.total.sum(axis=0)[layout.owner],
        baseline_above=arms.baseline.above.sum(axis=0),
    )


def left_out_tables(layout: Layout, tick: Arms) -> Table:
    """Tables of one tick, shape (1 + canary replicas, edges): everyone, then each left out."""
    all_of_it = pooled_table(layout, tick)
    total, above = all_of_it.canary_total, all_of_it.canary_above
    rest = tick.canary.total.sum(axis=0) - tick.canary.total
    return Table(
        canary_total=np.concatenate([total[None], rest[:, layout.owner]]),
        canary_above=np.concatenate([above[None], above - tick.canary.above]),
        baseline_total=all_of_it.baseline_total[None],
        baseline_above=all_of_it.baseline_above[None],
    )
