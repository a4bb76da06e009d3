"""The deployment gate as a decision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.decide.gate import Gate, SloStanding, decide_gate

STANDINGS = st.builds(
    SloStanding,
    name=st.sampled_from(["fast", "right"]),
    remaining_ratio=st.none() | st.floats(-2, 1),
    paging=st.booleans(),
    unknown=st.sampled_from(["", "no traffic within the window"]),
)


def standing(**changes: object) -> SloStanding:
    usual = {"name": "fast", "remaining_ratio": 0.5, "paging": False, "unknown": ""}
    return SloStanding(**usual | changes)


@pytest.mark.parametrize(
    ("standings", "rollout", "gate", "reason"),
    [
        ([standing()], None, Gate.OPEN, "fast: 50.0% of the budget left"),
        (
            [standing(remaining_ratio=0.0)],
            None,
            Gate.CLOSED,
            "fast: the error budget is gone (0.0% left)",
        ),
        (
            [standing(), standing(name="right", remaining_ratio=-1.5)],
            None,
            Gate.CLOSED,
            "right: the error budget is gone (-150.0% left)",
        ),
        ([standing(paging=True)], None, Gate.CLOSED, "fast: people are being paged"),
        ([standing()], "r-1", Gate.CLOSED, "rollout r-1 is under way"),
        (
            [standing(remaining_ratio=None, unknown="no traffic")],
            None,
            Gate.UNKNOWN,
            "fast: no traffic",
        ),
        ([], None, Gate.UNKNOWN, "no SLO watches this service"),
    ],
)
def test_the_gate_stands_as_the_budgets_do(
    standings: list[SloStanding], rollout: str | None, gate: Gate, reason: str
) -> None:
    found = decide_gate(standings, rollout=rollout)
    assert (found.gate, found.reasons) == (gate, (reason,))


@given(standings=st.lists(STANDINGS, max_size=4), more=STANDINGS)
def test_another_promise_never_opens_a_gate(
    standings: list[SloStanding], more: SloStanding
) -> None:
    shut = [Gate.OPEN, Gate.UNKNOWN, Gate.CLOSED]
    before, after = (decide_gate(some, rollout=None) for some in (standings, [*standings, more]))
    if standings:  # a service that nobody watches is unknown until somebody does
        assert shut.index(after.gate) >= shut.index(before.gate)
    assert after.reasons
