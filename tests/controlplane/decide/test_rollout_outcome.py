import pytest

from controlplane.decide.rollout import Progress, Rollout, RolloutSpec
from controlplane.decide.rollout_outcome import Outcome, outcome_of
from controlplane.decide.rollout_state import Event, Phase

SPEC = RolloutSpec(
    service="resnet",
    version="2",
    steps=(5.0, 50.0),
    soak_seconds=60.0,
    min_requests=0,
    horizon_seconds=3600.0,
    alpha=0.01,
    beta=0.05,
    error_margin=0.0005,
    error_odds=1.5,
    latency_odds=1.2,
    tolerable_errors=0.01,
    promote_on_budget=False,
)
NEW = Rollout(
    id="r-1", generation=1, spec=SPEC, progress=Progress(), created_at=0.0, updated_at=0.0
)
READY, REACHED = Event.CANARY_READY, Event.WEIGHT_REACHED


def through(*events: Event) -> Rollout:
    rollout = NEW
    for event in events:
        rollout = rollout.take(event, reason=event.value, now=1.0)
    return rollout


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ((READY, Event.LAST_STEP_PASSED, REACHED), Outcome.PROMOTED),
        ((READY, Event.PROMOTE_ASKED, REACHED), Outcome.PROMOTED),
        ((READY, Event.CANARY_FAILED, REACHED), Outcome.ROLLED_BACK),
        ((READY, Event.GAVE_UP, REACHED), Outcome.INCONCLUSIVE),
        ((READY, Event.ABORT_ASKED, REACHED), Outcome.ABORTED),
        ((READY, Event.PROMOTE_ASKED, Event.ABORT_ASKED, REACHED), Outcome.ABORTED),
        ((READY, Event.APPROVAL_NEEDED, Event.REJECTED, REACHED), Outcome.ABORTED),
        ((READY, Event.DRILL_DONE, REACHED), Outcome.DRILLED),
        ((READY, Event.NEWER_ROLLOUT), Outcome.SUPERSEDED),
        ((Event.GAVE_UP,), Outcome.FAILED),
    ],
)
def test_an_end_is_told_by_what_decided_it(events: tuple[Event, ...], outcome: Outcome) -> None:
    assert outcome_of(through(*events)) is outcome


def test_what_is_under_way_has_no_outcome() -> None:
    assert outcome_of(NEW) is None
    assert outcome_of(through(READY, Event.CANARY_FAILED)) is None


def test_an_end_that_was_saved_before_causes_were_was_a_rollback() -> None:
    old = Progress(phase=Phase.ROLLED_BACK)
    found = Rollout(id="r", generation=1, spec=SPEC, progress=old, created_at=0.0, updated_at=0.0)
    assert outcome_of(found) is Outcome.ROLLED_BACK
