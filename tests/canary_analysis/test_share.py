"""The share alarm, against exact enumeration."""

import numpy as np
import pytest
from scipy.stats import binom

from canary_analysis import compare_share


@pytest.mark.parametrize("configured", [0.05, 0.25, 0.5])
def test_the_stake_never_grows_in_expectation_at_the_configured_share(configured):
    chances = binom(30, configured).pmf(range(31))
    values = [compare_share(x, 30 - x, configured=configured).e_value for x in range(31)]
    assert chances @ np.array(values) == pytest.approx(1.0)


def test_a_router_that_sends_too_little_raises_an_alarm_in_words():
    found = compare_share(9_000, 91_000, configured=0.1)
    assert found.alarm
    assert found.text.startswith("The canary gets 9.0% of requests; 10.0% is configured; this is")


def test_no_requests_are_no_share():
    found = compare_share(0, 0, configured=0.1)
    assert (found.observed, found.e_value, found.alarm) == (None, 1.0, False)
    assert found.text.startswith("No requests yet")
