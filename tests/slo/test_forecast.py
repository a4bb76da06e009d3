"""Forecasts hold what their interval promises, on real traffic."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import CalendarWindow, CountHistory, Objective, forecast, next_error_ratio
from slo.coming_errors import Walk
from tests.slo.request_traces import TRACES, events, steps

STEP_SECONDS = 3.0
DAY = timedelta(days=1)


def coverage(name: str, horizon: int) -> float:
    """Return the share of truths inside, once ten horizons have been learnt from."""
    bad, total = steps(*events(name), STEP_SECONDS)
    walk, inside = Walk(bad, total, horizon), []
    for at, ratio in walk.guesses():
        if at >= 10 * horizon and at + horizon <= len(bad) and ratio is not None:
            truth = walk.truth(at)
            inside += [] if truth is None else [ratio.low <= truth <= ratio.high]
    assert len(inside) > 500
    return float(np.mean(inside))


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("horizon", [6, 18, 36])
def test_four_of_five_truths_lie_inside_on_real_traffic(name, horizon):
    assert 0.75 <= coverage(name, horizon) <= 0.85


def history_of(bad_by_hour, total_by_hour) -> CountHistory:
    hours = np.arange(len(bad_by_hour) + 1) * 3600.0
    bad, total = (
        np.concatenate(([0], np.cumsum(each))).astype(np.int64)
        for each in (bad_by_hour, total_by_hour)
    )
    return CountHistory(times=hours, bad=bad, total=total)


def test_a_steady_burn_runs_out_when_arithmetic_says():
    # Twice the errors that the promise allows, for the last 300 hours.
    window = timedelta(hours=720)
    quiet, burning = [0] * 1140, [20] * 300
    history = history_of(quiet + burning, [1000] * 1440)
    found = forecast(history, Objective(target=0.99, window=window), now=1440 * 3600.0)
    # 6,000 of 7,200 are spent; 20 an hour more, nothing rolls off for days: 60 hours are left.
    assert found.earliest is not None
    assert found.earliest <= 60 * 3600
    assert found.latest is None or found.latest >= 60 * 3600
    assert found.likely == pytest.approx(60 * 3600, rel=0.15)
    assert "gone in" in found.reason


def test_a_healthy_service_lasts_as_far_as_can_be_seen():
    history = history_of([0, 1] * 360, [1000] * 720)
    found = forecast(history, Objective(target=0.99, window=timedelta(hours=720)), now=720 * 3600.0)
    assert (found.earliest, found.likely, found.latest) == (None, None, None)
    assert found.reach == pytest.approx(72 * 3600, rel=0.25)
    assert found.reason.startswith("lasts for")


@pytest.mark.parametrize("hours", [0, 3])
def test_where_too_little_is_known_nothing_is_said(hours):
    history = history_of([0] * hours, [10] * hours)
    found = forecast(history, Objective(target=0.99, window=timedelta(days=30)), now=hours * 3600.0)
    assert found.outlooks == ()
    assert found.earliest is None
    assert found.reason.startswith("too little is known")


def test_no_outlook_reaches_beyond_the_calendar_s_period():
    calendar = CalendarWindow(count=1, unit="d", start=datetime(1970, 1, 1), zone="UTC")
    history = history_of([5] * 95, [100] * 95)
    now = 95 * 3600.0  # an hour before midnight
    objective = Objective(target=0.9, window=DAY, calendar=calendar)
    found = forecast(history, objective, now=now)
    assert found.outlooks
    assert max(each.seconds for each in found.outlooks) <= 3600.0


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=120),
    st.integers(1, 20),
)
def test_an_interval_is_in_order_and_a_share(gained, horizon):
    bad = np.array([min(pair) for pair in gained], dtype=float)
    total = np.array([max(pair) for pair in gained], dtype=float)
    found = next_error_ratio(bad, total, horizon)
    if found is not None:
        assert 0.0 <= found.low <= found.high <= 1.0
        assert 0.0 <= found.middle <= 1.0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), min_size=2, max_size=200))
def test_a_budget_is_gone_later_by_the_kinder_end(gained):
    history = history_of([min(pair) for pair in gained], [pair[1] for pair in gained])
    objective = Objective(target=0.9, window=timedelta(hours=40))
    found = forecast(history, objective, now=len(gained) * 3600.0)
    for each in found.outlooks:
        assert 0.0 <= each.low <= each.high
    if found.latest is not None:
        assert found.earliest is not None
        assert found.earliest <= found.latest


def test_a_budget_that_is_gone_is_gone_however_little_is_known():
    history = history_of([5, 5], [10, 10])
    found = forecast(history, Objective(target=0.9, window=timedelta(days=1)), now=7200.0)
    assert (found.earliest, found.likely, found.latest) == (0.0, 0.0, 0.0)
    assert found.reason == "gone already"
