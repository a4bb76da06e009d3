import itertools

import pytest

from controlplane.decide.rollout_state import FINAL, TRANSITIONS, Event, Phase, advance
from controlplane.errors import IllegalTransition


def test_final_phases_are_those_that_nothing_leaves() -> None:
    assert {Phase.SUCCEEDED, Phase.ROLLED_BACK, Phase.FAILED, Phase.SUPERSEDED} == FINAL


@pytest.mark.parametrize("phase", sorted(set(Phase) - FINAL - {Phase.ROLLING_BACK}))
def test_every_unfinished_rollout_can_be_aborted(phase: Phase) -> None:
    assert advance(phase, Event.ABORT_ASKED) is Phase.ROLLING_BACK


def test_a_rollout_cannot_succeed_but_through_promoting() -> None:
    ways = {phase for (phase, _), then in TRANSITIONS.items() if then is Phase.SUCCEEDED}
    assert ways == {Phase.PROMOTING}


def test_every_phase_can_be_reached() -> None:
    assert set(TRANSITIONS.values()) | {Phase.PENDING} == set(Phase)


@pytest.mark.parametrize(
    ("phase", "event"), sorted(set(itertools.product(Phase, Event)) - set(TRANSITIONS))
)
def test_what_is_not_in_the_table_is_refused(phase: Phase, event: Event) -> None:
    with pytest.raises(IllegalTransition, match=f"A rollout that is {phase} cannot take {event}"):
        advance(phase, event)
