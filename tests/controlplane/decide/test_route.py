"""What the replicas of a route should be set to, and whom to set next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.decide.rollout_state import Phase
from controlplane.decide.route import (
    ALONE,
    Mirror,
    RouteSeen,
    RouteSetting,
    WantedRoute,
    batches,
    taken_over,
    wanted_route,
)
from controlplane.decide.weights import Shift

OLD, NEW = RouteSetting(weights={"1": 100.0}), RouteSetting(weights={"2": 100.0})
NAMES = tuple("abcdefgh")
AT_WORK = st.sampled_from([Phase.PROGRESSING, Phase.PAUSED, Phase.PROMOTING])


def shift(phase: Phase = Phase.PROGRESSING, weight: float = 50.0, **more: object) -> Shift:
    return Shift(phase=phase, baseline="1", canary="2", weight=weight, **more)


def wanted(moves: Shift | None, replicas: tuple[str, ...] = (ALONE,)) -> WantedRoute:
    return wanted_route(stable="1", previous=None, shift=moves, factors={}, replicas=replicas)


@given(
    count=st.integers(1, 8),
    weight=st.floats(0.0, 100.0),
    phase=AT_WORK,
    at_once=st.integers(1, 8),
    seen=st.lists(st.sampled_from([OLD, NEW, None]), min_size=8, max_size=8),
)
def test_forward_no_more_change_than_may_be_away_and_the_first_ones_come_first(
    count: int, weight: float, phase: Phase, at_once: int, seen: list[RouteSetting | None]
) -> None:
    names = NAMES[:count]
    route = wanted(shift(phase, weight, at_once=at_once), names)
    new = [name for name in names if route.settings[name].weights.get("2", 0.0) == 100.0]
    assert tuple(new) == names[: len(new)]
    observed = RouteSeen(replicas=dict(zip(names, seen, strict=False)))
    due = observed.due(route)
    assert len(due) <= max(0, at_once - len(observed.away))
    assert not set(due) & set(observed.away)
    assert observed.once_set(due, route).away == observed.away
    if not due and not observed.away:
        assert observed.is_as(route)


@given(seen=st.lists(st.sampled_from([OLD, NEW, None]), min_size=8, max_size=8))
def test_back_everybody_who_answers_goes_at_once(seen: list[RouteSetting | None]) -> None:
    route = wanted(shift(Phase.ROLLING_BACK, at_once=1), NAMES)
    observed = RouteSeen(replicas=dict(zip(NAMES, seen, strict=True)))
    back = {name for name, setting in observed.replicas.items() if setting is NEW}
    assert set(observed.due(route)) == back


@given(replicas=st.integers(1, 300), percent=st.integers(1, 100), size=st.integers(1, 300))
def test_batches_rise_to_whole_replicas_and_leave_the_last_to_promotion(
    replicas: int, percent: int, size: int
) -> None:
    for batch in (f"{percent}%", str(size)):
        found = batches(batch, replicas)
        taken = [len(taken_over(range(replicas), weight)) for weight in found]
        assert taken == sorted(set(taken))
        assert all(0 < count < replicas for count in taken)
        if found:
            assert taken[0] >= 1


def test_a_mirror_is_made_while_it_is_judged_and_at_no_other_time() -> None:
    for phase in Phase:
        route = wanted(shift(phase, 25.0, tolerance=0.01))
        setting = route.settings[ALONE]
        assert setting.weights == {"1": 100.0}
        mirrors = Mirror(version="2", percent=25.0, tolerance=0.01)
        judged = phase in (Phase.PROGRESSING, Phase.PAUSED)
        assert setting.mirror == (mirrors if judged else None)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (None, False),
        (Mirror(version="2", percent=25.001, tolerance=0.001), True),
        (Mirror(version="2", percent=26.0, tolerance=0.001), False),
        (Mirror(version="2", percent=25.0, tolerance=0.002), False),
        (Mirror(version="3", percent=25.0, tolerance=0.001), False),
    ],
)
def test_mirrors_are_one_as_exactly_as_routers_report_them(
    other: Mirror | None, *, same: bool
) -> None:
    assert Mirror(version="2", percent=25.0, tolerance=0.001).is_as(other) is same


def test_the_shares_of_a_route_are_those_of_the_replicas_that_answer() -> None:
    observed = RouteSeen(replicas={"a": NEW, "b": OLD, "c": None})
    assert observed.weights == {"2": 50.0, "1": 50.0}
    assert observed.away == ("c",)
