"""Error budgets."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import Counts, Objective, burn_rate, error_budget, seconds_to_exhaustion

TWO_NINES = Objective(target=0.99, window=timedelta(days=30))
MONTH = TWO_NINES.window.total_seconds()


@pytest.mark.parametrize(
    ("good", "total", "remaining"),
    [
        pytest.param(1_000, 1_000, 1.0, id="nothing spent"),
        pytest.param(990, 1_000, 0.0, id="all spent"),
        pytest.param(970, 1_000, -2.0, id="overspent"),
        pytest.param(0, 0, None, id="no traffic says nothing"),
    ],
)
def test_the_budget_left(good, total, remaining):
    budget = error_budget(Counts(good=good, total=total), TWO_NINES)
    assert budget.remaining_ratio == pytest.approx(remaining)
    assert budget.allowed_bad == pytest.approx(total / 100)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_what_is_spent_and_what_is_left_are_the_whole(good, bad):
    budget = error_budget(Counts(good=good, total=good + bad), TWO_NINES)
    assert budget.spent_ratio + budget.remaining_ratio == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("good", "burn", "expected"),
    [
        pytest.param(1_000, 1.0, MONTH, id="a full budget at speed one lasts its window"),
        pytest.param(995, 2.0, MONTH / 4, id="half of it at speed two lasts a quarter"),
        pytest.param(980, 1.0, 0.0, id="a budget that is gone is gone"),
        pytest.param(1_000, 0.0, None, id="without burning there is no end"),
        pytest.param(1_000, None, None, id="without traffic there is no knowing"),
    ],
)
def test_when_the_budget_runs_out(good, burn, expected):
    budget = error_budget(Counts(good=good, total=1_000), TWO_NINES)
    assert seconds_to_exhaustion(budget, TWO_NINES, burn) == pytest.approx(expected)


def test_an_unknown_budget_has_no_end():
    nothing = error_budget(Counts(good=0, total=0), TWO_NINES)
    assert seconds_to_exhaustion(nothing, TWO_NINES, burn_rate(nothing.counts, TWO_NINES)) is None
