"""All that an analysis has learned, and how one tick changes it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from canary_analysis.arms import Arm, Arms, gather
from canary_analysis.arrays import BoolArray, FloatArray, IntArray
from canary_analysis.error_counts import clip_bursts
from canary_analysis.evidence import UNIT, Table, place_bet
from canary_analysis.latency_edges import REQUESTS_TO_CHOOSE_SIDE, read_from_below
from canary_analysis.layout import Layout
from canary_analysis.ledger import Ledger
from canary_analysis.metric import Interval
from canary_analysis.policy import Policy
from canary_analysis.replicas import (
    FEWEST_TO_LEAVE_ONE_OUT,
    left_out_tables,
    pooled_table,
    replicas_with_traffic,
)

__all__ = ["State", "observe", "observe_arms"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """Everything counted so far; never changed, only replaced.

    Attributes:
        layout: Metrics and their columns.
        policy: What is tolerated.
        arms: Cumulative counts by replica.
        against: The bet against the canary, with one slot per canary replica left out.
        even: Events at even odds, for the size of the effect.
        proof: The bet against "beyond the equivalence margin".
        counting: Edges whose side is chosen, so that their counts are evidence.
        turned: Edges at which `against` is placed on the turned table.
        proof_turned: The same for `proof`.
        last_seconds: End of the latest interval; None before the first.
    """

    layout: Layout
    policy: Policy
    arms: Arms
    against: Ledger
    even: Ledger
    proof: Ledger
    counting: BoolArray
    turned: BoolArray
    proof_turned: BoolArray
    last_seconds: float | None = None

    @classmethod
    def empty(cls, layout: Layout, policy: Policy) -> "State":
        """Nothing seen yet; errors count from the first request."""
        nothing = Ledger.empty(layout.width)
        straight = np.zeros(layout.width, dtype=np.bool_)
        return cls(
            layout=layout,
            policy=policy,
            arms=Arms(canary=Arm.empty(layout), baseline=Arm.empty(layout)),
            against=nothing,
            even=nothing,
            proof=nothing,
            counting=layout.errors,
            turned=straight,
            proof_turned=straight,
        )

    @property
    def table(self) -> Table:
        """Cumulative counts of both arms, shape (edges,)."""
        return pooled_table(self.layout, self.arms)


def observe(state: State, intervals: Mapping[str, Interval]) -> State:
    """Add one tick: at most one interval per metric.

    Args:
        state: Before.
        intervals: By metric name. A metric without one had no scrape; nothing is concluded from it.

    Raises:
        InvalidInterval: A name is unknown or an interval has another number of edges.
    """
    if not intervals:
        return state
    tick = gather(state.layout, intervals, state.arms)
    elapsed = max(interval.elapsed_seconds for interval in intervals.values())
    return observe_arms(state, tick, elapsed)


def observe_arms(state: State, tick: Arms, elapsed: float) -> State:
    """Add one tick that already lies in the wide columns; new replicas follow the known ones."""
    new = len(tick.canary.names) - len(state.arms.canary.names)
    seen = replace(
        state,
        arms=state.arms.plus(tick),
        against=_begun(state.against.with_slots(new), state.policy, elapsed),
        even=_begun(state.even, state.policy, elapsed),
        last_seconds=max(elapsed, state.last_seconds or 0.0),
    )
    ready = _with_sides(seen)
    return _with_bets(ready, tick, elapsed)


def _begun(ledger: Ledger, policy: Policy, elapsed: float) -> Ledger:
    return ledger.at(elapsed, spacing=policy.late_start_seconds, starts=policy.late_starts)


def _with_sides(state: State) -> State:
    """Choose the side of each edge once, when its metric has seen enough requests."""
    if state.counting.all():
        return state
    table = state.table
    choose = ~state.counting & (table.total >= REQUESTS_TO_CHOOSE_SIDE)
    if not choose.any():
        return state
    return replace(
        state,
        counting=state.counting | choose,
        turned=np.where(choose, read_from_below(table), state.turned),
        proof_turned=np.where(choose, read_from_below(table.swapped()), state.proof_turned),
    )


def _with_bets(state: State, tick: Arms, elapsed: float) -> State:
    layout, policy = state.layout, state.policy
    warm = layout.errors | (elapsed >= policy.latency_warmup_seconds)
    table = left_out_tables(layout, tick).only(state.counting & warm)
    suspected = table.turned_where(state.turned)
    bets = place_bet(suspected, odds=layout.margin)
    everyone = table.at_slot(0)
    refuted = everyone.swapped().turned_where(state.proof_turned)
    return replace(
        state,
        against=state.against.add(_clipped(state, bets)),
        even=state.even.add(_even(suspected.at_slot(0))),
        proof=state.proof.add(place_bet(refuted, odds=1.0 / layout.equivalence)),
    )


def _clipped(state: State, bets: IntArray) -> IntArray:
    nats = state.policy.error_clip_nats
    few = replicas_with_traffic(state.arms.canary) < FEWEST_TO_LEAVE_ONE_OUT
    clip = state.layout.errors & few[state.layout.owner]
    if nats is None or not clip.any():
        return bets
    clipped = bets.copy()
    clipped[..., clip] = clip_bursts(bets[..., clip], nats)
    return clipped


def _even(table: Table) -> IntArray:
    """Each event one toss, falling to the arm by its share of the requests."""
    share: FloatArray = table.canary_total / np.maximum(table.total, 1)
    expected = np.ceil(table.above * share * UNIT).astype(np.int64)
    return np.stack([table.canary_above * UNIT, table.above, expected])
