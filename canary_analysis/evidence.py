"""The running bet against "the canary is no worse": one closed form for errors and latency.

In one interval and at one edge a 2 x 2 table is counted: requests by arm and by whether they lie
above the edge. Given its margins, the canary's count above is a sum of independent coin tosses
(Fisher's noncentral hypergeometric law), so its moment generating function lies under that of a
binomial with the same mean. Betting at odds r pays

    r ** observed / (1 + share * (r - 1)) ** trials      with share = expected / trials

where `expected` is not below the mean at the margin. The stake's expectation never grows while
the canary is within the margin: read it as often as you like, by Ville's inequality it exceeds
1 / alpha with probability at most alpha.

The logarithm of the denominator is concave in the share, so sums over intervals of observed,
trials and expected give evidence that is never above the product over the intervals. Three whole
numbers per edge are all that has to be kept.

Source: Hoeffding (1956) for the binomial bound; Shafer (2021) for testing by betting.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from canary_analysis.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "CEILING_NATS",
    "FLOOR_NATS",
    "ODDS",
    "UNIT",
    "Table",
    "expected_events",
    "log_growth",
    "mixed",
    "place_bet",
]

ODDS: FloatArray = np.concatenate([[1.12, 1.25, 1.5], np.geomspace(2.0, 50.0, 11)])
"""Odds ratios (relative to the margin) that share the stake equally: small ones for a shift of
latency, large ones for errors where there were none."""

CEILING_NATS = 600.0
"""Evidence is cut here, so that e-values stay finite numbers. Less evidence is always valid."""

FLOOR_NATS = -700.0
"""Lost bets count as this little, 1e-304: smaller numbers are slow and vanish in any sum."""

UNIT = 1 << 20
"""Expected events are kept in these parts of one event, rounded up. Whole numbers add up exactly,
so evidence depends neither on the order of sums nor on where a snapshot was taken."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """2 x 2 tables of one interval; all arrays broadcast against each other.

    Attributes:
        canary_above: Canary requests above the edge.
        canary_total: Canary requests.
        baseline_above: Baseline requests above the edge.
        baseline_total: Baseline requests.
    """

    canary_above: IntArray
    canary_total: IntArray
    baseline_above: IntArray
    baseline_total: IntArray

    @property
    def total(self) -> IntArray:
        """Requests of both arms."""
        return self.canary_total + self.baseline_total

    @property
    def above(self) -> IntArray:
        """Requests of both arms above the edge."""
        return self.canary_above + self.baseline_above

    def at_slot(self, slot: int) -> "Table":
        """One row of the first axis, which stays in place with length 1."""
        rows = slice(slot, slot + 1)
        return Table(
            canary_above=self.canary_above[rows],
            canary_total=self.canary_total[rows],
            baseline_above=self.baseline_above[:1],
            baseline_total=self.baseline_total[:1],
        )

    def only(self, edges: BoolArray) -> "Table":
        """Zero the counts at all other edges."""
        return self if edges.all() else self.map(lambda counts: counts * edges)

    def map(self, change: Callable[[IntArray], IntArray]) -> "Table":
        """Apply one change to all four counts."""
        return Table(
            canary_above=change(self.canary_above),
            canary_total=change(self.canary_total),
            baseline_above=change(self.baseline_above),
            baseline_total=change(self.baseline_total),
        )

    def turned(self) -> "Table":
        """Swap the arms and the sides: too many fast baseline answers are slow canary answers.

        The odds ratio stays what it was, so the same bet can be placed on either cell.
        """
        return Table(
            canary_above=self.baseline_total - self.baseline_above,
            canary_total=self.baseline_total,
            baseline_above=self.canary_total - self.canary_above,
            baseline_total=self.canary_total,
        )

    def swapped(self) -> "Table":
        """Swap the arms: the odds ratio becomes its inverse."""
        return Table(
            canary_above=self.baseline_above,
            canary_total=self.baseline_total,
            baseline_above=self.canary_above,
            baseline_total=self.canary_total,
        )

    def turned_where(self, turn: BoolArray) -> "Table":
        """Turn the tables of those edges that are read from the other side."""
        if not turn.any():
            return self
        other = self.turned()
        return Table(
            canary_above=np.where(turn, other.canary_above, self.canary_above),
            canary_total=np.where(turn, other.canary_total, self.canary_total),
            baseline_above=np.where(turn, other.baseline_above, self.baseline_above),
            baseline_total=np.where(turn, other.baseline_total, self.baseline_total),
        )


def expected_events(
    arm: IntArray, total: IntArray, events: IntArray, odds: FloatArray | float
) -> FloatArray:
    """Mean number of events in one arm at an odds ratio, never below the exact mean.

    The exact mean m obeys m (m + d) + V = odds ((arm - m) (events - m) + V), d = total - arm -
    events, with the variance V between 0 and m (1 - m / min(arm, events)). Whichever end makes
    the root larger is put in; it then is a plain quadratic equation.

    Args:
        arm: Requests of the arm.
        total: Requests of both arms.
        events: Events of both arms.
        odds: Odds ratio of the arm against the other; 1 gives arm / total of the events, exactly.

    Source: Cornfield (1956) for the root; the correction follows from the identity above.

    >>> float(expected_events(np.array(250), np.array(1000), np.array(8), 1.0))
    2.0
    """
    n, k = arm.astype(np.float64), events.astype(np.float64)
    tosses = np.minimum(n, k)
    spread = np.maximum(odds - 1.0, 0.0)
    square = spread / np.maximum(tosses, 1.0) + (1.0 - odds)
    linear = total - spread + (odds - 1.0) * (n + k)
    constant = 2.0 * odds * n * k
    root = np.sqrt(np.maximum(linear * linear + 2.0 * square * constant, 0.0))
    return np.minimum(constant / np.maximum(linear + root, 1.0), tosses)


def place_bet(table: Table, *, odds: FloatArray | float) -> IntArray:
    """Count one interval for the bet that the canary's odds ratio is above `odds`.

    Returns:
        Stacked on a new first axis: observed events in parts of `UNIT`, the coin tosses that
        bound them, and the events expected at `odds` in parts of `UNIT`, rounded up.
    """
    trials = np.minimum(table.canary_total, table.above)
    mean = expected_events(table.canary_total, table.total, table.above, odds)
    expected = np.minimum(np.ceil(mean * UNIT).astype(np.int64), trials * UNIT)
    return np.stack(np.broadcast_arrays(table.canary_above * UNIT, trials, expected))


def log_growth(bets: IntArray) -> FloatArray:
    """Log evidence at each of `ODDS`, as a new last axis; 0 without events.

    Args:
        bets: What `place_bet` returned, summed over intervals or not.
    """
    observed, trials, expected = bets
    seen, tosses = observed / UNIT, trials.astype(np.float64)
    share = expected / (np.maximum(tosses, 1.0) * UNIT)
    paid = np.log1p(share[..., None] * (ODDS - 1.0))
    paid *= tosses[..., None]
    return np.asarray(np.subtract(seen[..., None] * np.log(ODDS), paid, out=paid))


def mixed(log_evidence: FloatArray) -> FloatArray:
    """The e-value of a stake spread evenly over the last axis."""
    width = log_evidence.shape[-1]
    within = np.clip(log_evidence, FLOOR_NATS, CEILING_NATS)
    return np.asarray(np.exp(within, out=within) @ np.ones(width) / width)
