"""What replica noise does to evidence, and the two corrections.

Requests of one replica resemble each other: one pod is slower, another has a bad disk. A test that
treats every request as a fresh toss then convicts healthy canaries. So (1) log evidence is divided
by a power of phi, the Pearson dispersion of cumulative counts between replicas, shrunk towards a prior, and (2) nobody is
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
    "BothSquares",
    "discount",
    "dispersion",
    "left_out_tables",
    "noise",
    "noise_shown",
    "pooled_table",
    "replicas_with_traffic",
    "spread_information",
    "squares_of",
]

Squares = tuple[FloatArray, IntArray]
"""A sum of squares by edge, and its degrees of freedom."""
BothSquares = tuple[Squares, Squares]

FEWEST_TO_LEAVE_ONE_OUT = 3
"""With one or two canary replicas nothing can tell a sick replica from a bad version."""

REPLICAS_PER_PRIOR = 4.0
"""So many replicas that show their noise take one off the prior's weight."""

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
    return _per_free(_squares(total, above, np.arange(total.shape[1])))


def _per_free(found: Squares) -> FloatArray:
    squares, free = found
    return np.where(free > 0, squares / np.maximum(free, 1), np.nan)


def _squares(total: IntArray, above: IntArray, owner: IntArray) -> Squares:
    """Pearson's sum of squares by edge, and its degrees of freedom.

    Written out, the sum over replicas of (x - n p)^2 / n is that of x^2 / n less X^2 / N, which needs
    no table of what each replica was expected to show.

    Args:
        total: Requests, shape (replicas, metrics).
        above: Requests above each edge, shape (replicas, edges).
        owner: Metric of each edge.
    """
    slow = above.astype(np.float64)
    slow *= slow
    slow *= (1.0 / np.maximum(total, 1))[:, owner]
    events, requests = above.sum(axis=0), np.maximum(total.sum(axis=0), 1)[owner]
    share = events / requests
    varies = share * (1.0 - share)
    free = np.where(varies > 0.0, np.maximum((total > 0).sum(axis=0) - 1, 0)[owner], 0)
    off = np.maximum(slow.sum(axis=0) - share * events, 0.0)
    return np.where(free > 0, off / np.where(free > 0, varies, 1.0), 0.0), free


def noise(
    layout: Layout, arms: Arms, policy: Policy, *, squares: BothSquares | None = None
) -> tuple[FloatArray, BoolArray]:
    """Phi by edge, never below 1, and where enough replicas measured it.

    It is a mean of what the replicas of both arms show, each arm by itself, weighted by how many
    there are, and of what the policy expects before any is seen. A handful of replicas shows too
    little as often as too much; twenty need no prior. ``squares`` are those of `squares_of`, where
    they are at hand.
    """
    owner = layout.owner
    within, free = _added(squares or squares_of(layout, arms))
    weight = np.maximum(0.0, policy.prior_replicas - free / REPLICAS_PER_PRIOR)
    expected = _expected_excess(layout, arms, policy.prior_spread)
    excess = (weight * expected + within - free) / np.maximum(weight + free, 1.0)
    enough = replicas_with_traffic(arms.baseline)[owner] >= policy.min_baseline_replicas
    measured = enough & (free > 0)
    least = np.where(measured, 1.0, policy.prior_phi)
    return np.maximum(1.0 + excess, least), measured


def noise_shown(
    layout: Layout, arms: Arms, policy: Policy, *, squares: BothSquares | None = None
) -> FloatArray:
    """Phi by edge for proof of the good: what replicas show, and no prior.

    With enough of them it is what the baseline's show. With few it is an upper bound from both
    arms, and the policy's own figure if that is more. A prior that nobody has seen would make
    small fleets wait for ever.
    """
    baseline, owner = arms.baseline, layout.owner
    both = squares or squares_of(layout, arms)
    shown = _per_free(both[1])
    enough = replicas_with_traffic(baseline)[owner] >= policy.min_baseline_replicas
    measured = enough & ~np.isnan(shown)
    if measured.all():
        return np.maximum(1.0, shown)
    few = np.maximum(policy.prior_phi, _shown_by_few(both))
    return np.maximum(1.0, np.where(measured, shown, few))


def squares_of(layout: Layout, arms: Arms) -> BothSquares:
    """Pearson's sum of squares by edge, and its degrees of freedom: of the canary, of the baseline."""
    canary, baseline = arms.canary, arms.baseline
    return (
        _squares(canary.total, canary.above, layout.owner),
        _squares(baseline.total, baseline.above, layout.owner),
    )


def _added(both: BothSquares) -> Squares:
    """Return the sums within both arms."""
    return both[0][0] + both[1][0], both[0][1] + both[1][1]


def spread_information(layout: Layout, arms: Arms) -> tuple[FloatArray, FloatArray, IntArray]:
    """What the replicas of both arms say of the variance of their log odds, by edge.

    Returns:
        Pearson's sum of squares beyond chance, what a variance of 1 would make of it, and the
        number of replicas that had another of their arm to differ from.
    """
    squares, free = _added(squares_of(layout, arms))
    told = np.zeros(layout.width)
    for arm in (arms.canary, arms.baseline):
        requests, seen = arm.total.sum(axis=0), replicas_with_traffic(arm)
        share = arm.above.sum(axis=0) / np.maximum(requests, 1)[layout.owner]
        each = (requests / np.maximum(seen, 1) * np.maximum(seen - 1, 0))[layout.owner]
        told += share * (1.0 - share) * each
    return squares - free, told, free


def _shown_by_few(both: BothSquares) -> FloatArray:
    """An upper bound of phi from the replicas of both arms; 1 where they cannot show any."""
    squares, free = _added(both)
    excess = np.maximum(squares / np.maximum(free, 1) - 1.0, 0.0)
    raised = free / chdtri(np.maximum(free, 1), BOUND_OF_FEW)
    return np.where(free > 0, 1.0 + excess * raised, 1.0)


def _expected_excess(layout: Layout, arms: Arms, spread: float) -> FloatArray:
    """How far phi exceeds 1 by edge, where the log odds of replicas have this standard deviation.

    It goes by the baseline's share of events: a bad canary must not excuse itself by its own. A
    replica that serves both versions differs from none: what is special about it cancels.
    """
    table = pooled_table(layout, arms)
    share = (table.baseline_above + 0.5) / (table.baseline_total + 1.0)
    requests = _harmonic(table.canary_total, table.baseline_total)
    here, there = (replicas_with_traffic(arm)[layout.owner] for arm in (arms.canary, arms.baseline))
    each = requests / np.maximum(_harmonic(here, there), 0.5)
    return np.asarray(share * (1.0 - share) * spread**2 * each * _own_share(arms))


def _harmonic(here: IntArray, there: IntArray) -> FloatArray:
    """What two arms are worth together in a comparison: 1 / (1 / here + 1 / there)."""
    return np.asarray(here * there / np.maximum(here + there, 1))


def _own_share(arms: Arms) -> float:
    """Share of the canary's requests on replicas that do not serve the baseline as well."""
    counts = [
        dict(zip(arm.names, arm.total.max(axis=1, initial=0).tolist(), strict=True))
        for arm in (arms.canary, arms.baseline)
    ]
    total = sum(counts[0].values())
    own = sum(count for name, count in counts[0].items() if not counts[1].get(name))
    return own / total if total else 1.0


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
