"""The circuit breaker: its table, and what makes it move."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.breaker import (
    ORDERS,
    TRANSITIONS,
    Breaker,
    BreakerPolicy,
    CallCounts,
    Event,
    State,
    decide,
    order,
    weight_factor,
)
from probes.errors import IllegalOrder

POLICY = BreakerPolicy()
QUIET = CallCounts(total=0, failed=0, slow=0)
FINE = CallCounts(total=100, failed=1, slow=1)
FAILING = CallCounts(total=100, failed=50, slow=0)
SLOW = CallCounts(total=100, failed=0, slow=80)
NOW = 1_000.0


def at(state: State, *, since: float = NOW) -> Breaker:
    return Breaker(state=state, since=since)


def look(
    breaker: Breaker,
    calls: CallCounts = QUIET,
    *,
    probes_failed: int = 0,
    probes_fine: bool = False,
    after: float = 0.0,
) -> Breaker:
    return decide(
        breaker,
        calls,
        POLICY,
        probes_failed=probes_failed,
        probes_fine=probes_fine,
        now=breaker.since + after,
    )


@pytest.mark.parametrize(
    ("state", "calls", "more", "after", "reason"),
    [
        pytest.param("closed", FINE, {}, "closed", "nothing against it", id="good calls keep it"),
        pytest.param("closed", QUIET, {}, "closed", "nothing", id="no calls open nothing"),
        pytest.param("closed", FAILING, {}, "open", "50 of 100 calls failed", id="failures open"),
        pytest.param("closed", SLOW, {}, "open", "80 of 100 calls were slow", id="slowness opens"),
        pytest.param(
            "closed",
            CallCounts(total=19, failed=19, slow=0),
            {},
            "closed",
            "nothing",
            id="too few calls decide nothing",
        ),
        pytest.param(
            "closed", QUIET, {"probes_failed": 3}, "open", "3 probes failed", id="probes open"
        ),
        pytest.param(
            "closed", FINE, {"probes_failed": 2}, "closed", "nothing", id="two probes do not"
        ),
        pytest.param("open", QUIET, {"after": 29}, "open", "nothing", id="it stays open a while"),
        pytest.param(
            "open", QUIET, {"after": 30}, "half_open", "on trial with 5%", id="then comes a trial"
        ),
        pytest.param(
            "open",
            QUIET,
            {"after": 90, "probes_failed": 1},
            "open",
            "open: 1 probes failed",
            id="no trial while a probe fails",
        ),
        pytest.param(
            "half_open", QUIET, {"after": 1}, "half_open", "0 of 5 calls", id="a trial waits"
        ),
        pytest.param("half_open", FINE, {}, "closed", "1 of 100 failed", id="a trial is passed"),
        pytest.param("half_open", FAILING, {}, "open", "trial failed: 50", id="a trial fails"),
        pytest.param(
            "half_open",
            QUIET,
            {"probes_failed": 3},
            "open",
            "3 probes failed",
            id="a trial is ended by probes",
        ),
        pytest.param(
            "half_open",
            QUIET,
            {"after": 60, "probes_fine": True},
            "closed",
            "its probes are fine",
            id="without traffic the probes decide",
        ),
        pytest.param(
            "half_open",
            QUIET,
            {"after": 600},
            "half_open",
            "probes say nothing good",
            id="without traffic and probes nothing does",
        ),
    ],
)
def test_one_look(state, calls, more, *, after, reason):
    found = look(at(State(state)), calls, **more)
    assert found.state == after
    assert reason in found.reason


def test_every_transition_is_dated_and_every_rest_keeps_its_date():
    opened = look(at(State.CLOSED), FAILING, after=7.0)
    assert opened.since == NOW + 7.0
    assert look(opened, FAILING, after=5.0).since == opened.since


def test_every_state_is_left_and_reached():
    assert {state for state, _ in TRANSITIONS} == set(State)
    assert set(TRANSITIONS.values()) == set(State)
    assert {event for _, event in TRANSITIONS} == set(Event)


@pytest.mark.parametrize("state", list(State))
def test_a_person_may_order_from_every_state(state):
    ordered = [order(at(state), event, who="ann", now=5.0) for event in ORDERS]
    assert [found.state for found in ordered] == ["forced_open", "disabled", "closed"]
    assert [found.since for found in ordered] == [5.0] * 3
    assert ordered[0].reason == "ordered open by ann"


def test_what_is_not_for_people_is_refused():
    with pytest.raises(IllegalOrder, match="Orders are ordered_open, ordered_off, released"):
        order(at(State.OPEN), Event.TRIAL_PASSED, who="ann", now=5.0)


@pytest.mark.parametrize(
    ("state", "share"),
    [("closed", 1.0), ("open", 0.0), ("half_open", 0.05), ("forced_open", 0.0), ("disabled", 1.0)],
)
def test_the_share_of_traffic(state, share):
    assert weight_factor(at(State(state)), POLICY) == share
    assert at(State(state)).keeps_out is (share == 0.0)


COUNTS = st.integers(0, 200).flatmap(
    lambda total: st.builds(
        CallCounts,
        total=st.just(total),
        failed=st.integers(0, total),
        slow=st.integers(0, total),
    )
)


@given(st.sampled_from(list(State)), COUNTS, st.integers(0, 5), st.booleans(), st.floats(0, 1e4))
def test_a_breaker_moves_only_along_its_table(state, calls, failed, fine, after):
    found = look(at(state), calls, probes_failed=failed, probes_fine=fine, after=after)
    events = set(Event) - set(ORDERS)
    reached = {TRANSITIONS[state, event] for event in events if (state, event) in TRANSITIONS}
    assert found.state in {state, *reached}
    assert found.reason


@given(st.sampled_from([State.FORCED_OPEN, State.DISABLED]), COUNTS, st.integers(0, 5))
def test_what_a_person_ordered_holds(state, calls, failed):
    assert look(at(state), calls, probes_failed=failed, after=1e6) == at(state)


@given(st.floats(0, 1e6))
def test_no_data_neither_opens_nor_closes(after):
    assert look(at(State.CLOSED), after=after).state is State.CLOSED
    assert look(at(State.HALF_OPEN), after=after).state is State.HALF_OPEN
