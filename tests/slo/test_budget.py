"""Error budgets."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import Counts, Objective, error_budget

TWO_NINES = Objective(target=0.99, window=timedelta(days=30))


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
