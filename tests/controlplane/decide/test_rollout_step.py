from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_analysis import Decision
from controlplane.decide.rollout_plan import Answer, Approval, Plan, Strategy
from controlplane.decide.rollout_state import TRANSITIONS, Event, Phase
from controlplane.decide.rollout_step import Sight, next_move

PLAN = Plan(steps=(5.0, 25.0, 50.0), soak_seconds=60.0, min_requests=100)
GOOD = Sight(
    phase=Phase.PROGRESSING,
    step=0,
    seconds_in_step=61.0,
    requests_in_step=100,
    weight_reached=True,
    canary_ready=True,
    breaker_open=False,
    finding=Decision.HOLD,
)


@pytest.mark.parametrize(
    ("change", "event"),
    [
        pytest.param({}, Event.STEP_PASSED, id="nothing against it: next step"),
        pytest.param({"seconds_in_step": 59.0}, None, id="soak time is kept"),
        pytest.param({"requests_in_step": 99}, None, id="too few requests to go on"),
        pytest.param({"weight_reached": False}, None, id="weight not reached"),
        pytest.param({"weight_reached": None}, None, id="router does not answer"),
        pytest.param({"finding": None}, None, id="no verdict yet is not health"),
        pytest.param({"finding": Decision.INVALID}, None, id="an invalid verdict is not health"),
        pytest.param({"finding": Decision.ROLLBACK}, Event.CANARY_FAILED, id="bad verdict"),
        pytest.param(
            {"finding": Decision.ROLLBACK, "seconds_in_step": 0.0},
            Event.CANARY_FAILED,
            id="a bad verdict does not wait for the soak",
        ),
        pytest.param({"breaker_open": True}, Event.CANARY_FAILED, id="breaker opened"),
        pytest.param({"step": 2}, None, id="the last step needs proof"),
        pytest.param(
            {"step": 2, "finding": Decision.PROMOTE}, Event.LAST_STEP_PASSED, id="proven good"
        ),
        pytest.param(
            {"step": 2, "finding": Decision.PROMOTE_ON_BUDGET},
            Event.LAST_STEP_PASSED,
            id="time over and allowed",
        ),
        pytest.param({"figures_age": None}, None, id="figures that nobody read are not health"),
        pytest.param({"figures_age": 2.0}, None, id="the whole soak must have been read"),
        pytest.param(
            {"seconds_in_step": 99.0, "figures_age": 31.0, "stale_seconds": 30.0},
            None,
            id="old figures are not health",
        ),
        pytest.param(
            {"seconds_in_step": 99.0, "figures_age": 29.0, "stale_seconds": 30.0},
            Event.STEP_PASSED,
            id="figures that are read now and then will do",
        ),
        pytest.param({"phase": Phase.PAUSED}, None, id="paused waits for a person"),
        pytest.param(
            {"phase": Phase.PAUSED, "finding": Decision.ROLLBACK},
            Event.CANARY_FAILED,
            id="a bad canary is rolled back even when paused",
        ),
        pytest.param({"phase": Phase.PENDING}, Event.CANARY_READY, id="ready to begin"),
        pytest.param(
            {"phase": Phase.PENDING, "canary_ready": None}, None, id="unknown is not ready"
        ),
        pytest.param(
            {"phase": Phase.PENDING, "canary_ready": False, "seconds_in_step": 121.0},
            Event.GAVE_UP,
            id="never became ready",
        ),
        pytest.param({"phase": Phase.PROMOTING}, Event.WEIGHT_REACHED, id="promotion done"),
        pytest.param(
            {"phase": Phase.ROLLING_BACK, "weight_reached": False}, None, id="roll-back under way"
        ),
        pytest.param({"phase": Phase.SUCCEEDED}, None, id="final"),
    ],
)
def test_next_move(change: dict[str, object], event: Event | None) -> None:
    move = next_move(PLAN, replace(GOOD, **change))  # type: ignore[arg-type]
    assert move.event is event
    assert move.reason or event is not None


@given(
    st.builds(
        Sight,
        phase=st.sampled_from(Phase),
        step=st.integers(0, 2),
        seconds_in_step=st.floats(0, 1e6),
        requests_in_step=st.integers(0, 10**6),
        weight_reached=st.sampled_from([True, False, None]),
        canary_ready=st.sampled_from([True, False, None]),
        breaker_open=st.booleans(),
        finding=st.sampled_from([None, *Decision]),
    )
)
def test_no_move_is_ever_illegal(sight: Sight) -> None:
    event = next_move(PLAN, sight).event
    assert event is None or (sight.phase, event) in TRANSITIONS


@pytest.mark.parametrize(
    ("change", "event"),
    [
        pytest.param({"requests_in_step": 0}, None, id="a step without requests shows nothing"),
        pytest.param(
            {"step": 2, "horizon_over": True}, Event.GAVE_UP, id="no proof within the horizon"
        ),
        pytest.param(
            {"phase": Phase.PENDING, "serves_already": True}, Event.GAVE_UP, id="nothing to do"
        ),
    ],
)
def test_what_shows_nothing_is_no_progress(change: dict[str, object], event: Event | None) -> None:
    plan = replace(PLAN, min_requests=0)
    assert next_move(plan, replace(GOOD, **change)).event is event  # type: ignore[arg-type]


ASKS = replace(
    PLAN,
    approvals=(
        Approval(name="qa", before=30.0, deadline_seconds=600.0, default=Answer.APPROVE),
        Approval(name="owner", deadline_seconds=600.0),
    ),
)
PROVEN = {"step": 2, "finding": Decision.PROMOTE}
WAITS = {"phase": Phase.PAUSED, "approval": "qa", "step": 1}


@pytest.mark.parametrize(
    ("change", "event", "approval"),
    [
        pytest.param({}, Event.STEP_PASSED, "", id="5 to 25 needs nobody"),
        pytest.param({"step": 1}, Event.APPROVAL_NEEDED, "qa", id="25 to 50 needs qa"),
        pytest.param(PROVEN, Event.APPROVAL_NEEDED, "owner", id="promotion needs its owner"),
        pytest.param(WAITS, None, "", id="it waits"),
        pytest.param(WAITS | {"seconds_in_step": 600.0}, Event.APPROVED, "", id="the default: yes"),
        pytest.param(
            WAITS | {"approval": "owner", "step": 2, "seconds_in_step": 601.0},
            Event.REJECTED,
            "",
            id="the default: no",
        ),
        pytest.param(
            WAITS | {"finding": Decision.ROLLBACK},
            Event.CANARY_FAILED,
            "",
            id="a bad canary waits for nobody",
        ),
        pytest.param({"held": "frozen"}, None, "", id="a freeze holds it"),
        pytest.param({"guard": "all bad"}, Event.CANARY_FAILED, "", id="a guard acts at once"),
        pytest.param(
            {"held": "frozen", "guard": "all bad"},
            Event.CANARY_FAILED,
            "",
            id="going back is never frozen",
        ),
    ],
)
def test_people_are_waited_for_and_nothing_else_is(change, event, approval):
    move = next_move(ASKS, replace(GOOD, **change))
    assert (move.event, move.approval) == (event, approval)
    assert move.reason


def test_a_last_approval_by_default_promotes():
    plan = replace(
        PLAN, approvals=(Approval(name="ok", deadline_seconds=1.0, default=Answer.APPROVE),)
    )
    sight = replace(GOOD, phase=Phase.PAUSED, approval="ok", step=2)
    assert next_move(plan, sight).event is Event.LAST_APPROVED


BLUE_GREEN = Plan(steps=(100.0,), soak_seconds=60.0, strategy=Strategy.BLUE_GREEN)
IMMEDIATE = Plan(steps=(), soak_seconds=60.0, strategy=Strategy.IMMEDIATE)
MANUAL = Plan(steps=(5.0,), soak_seconds=60.0, strategy=Strategy.MANUAL)


@pytest.mark.parametrize(
    ("plan", "change", "event"),
    [
        pytest.param(
            BLUE_GREEN, {"finding": Decision.INVALID}, Event.LAST_STEP_PASSED, id="it has baked"
        ),
        pytest.param(BLUE_GREEN, {"seconds_in_step": 59.0}, None, id="it bakes"),
        pytest.param(BLUE_GREEN, {"requests_in_step": 0}, None, id="nobody asked it anything"),
        pytest.param(BLUE_GREEN, {"guard": "all bad"}, Event.CANARY_FAILED, id="it burns"),
        pytest.param(IMMEDIATE, {"phase": Phase.PENDING}, Event.CUT_OVER, id="ready: all of it"),
        pytest.param(
            IMMEDIATE, {"phase": Phase.PENDING, "canary_ready": False}, None, id="not ready: none"
        ),
        pytest.param(
            IMMEDIATE, {"phase": Phase.PENDING, "held": "frozen"}, None, id="frozen: none"
        ),
        pytest.param(MANUAL, {"finding": Decision.PROMOTE}, None, id="only a person moves it"),
        pytest.param(
            MANUAL, {"finding": Decision.ROLLBACK}, Event.CANARY_FAILED, id="but a bad one goes"
        ),
    ],
)
def test_each_strategy_has_its_own_way(plan, change, event):
    assert next_move(plan, replace(GOOD, **change)).event is event
