"""Burn rate."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import Counts, Objective, burn_rate

THREE_NINES = Objective(target=0.999, window=timedelta(days=30))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param(Counts(good=1_000, total=1_000), 0.0, id="all good burns nothing"),
        pytest.param(Counts(good=999, total=1_000), 1.0, id="the allowed errors burn at one"),
        pytest.param(Counts(good=0, total=10), 1_000.0, id="an outage burns at 1 / allowed"),
        pytest.param(Counts(good=0, total=0), None, id="no traffic is not health"),
    ],
)
def test_burn_rate(counts, expected):
    assert burn_rate(counts, THREE_NINES) == pytest.approx(expected)


@given(st.integers(1, 10**9), st.data())
def test_more_failures_burn_faster(total, data):
    bad = data.draw(st.integers(0, total - 1))
    slower = burn_rate(Counts(good=total - bad, total=total), THREE_NINES)
    faster = burn_rate(Counts(good=total - bad - 1, total=total), THREE_NINES)
    assert slower < faster
