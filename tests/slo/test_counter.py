"""The exact increase of counters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.counter import increase

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("previous", "current", "restarted", "gained", "remembered"),
    [
        pytest.param(5, 9, False, 4, 9, id="a counter gains its difference"),
        pytest.param(5, 5, False, 0, 5, id="a counter that rests gains nothing"),
        pytest.param(5, 2, False, 2, 2, id="a counter that fell began anew"),
        pytest.param(5, 7, True, 7, 7, id="after a restart all that it shows is new"),
        pytest.param(NAN, 3, False, 3, 3, id="a new series began at zero"),
        pytest.param(NAN, 3, True, 3, 3, id="a new series after a restart began at zero"),
        pytest.param(5, NAN, False, 0, 5, id="what is no number is passed over"),
        pytest.param(5, -1, False, 0, 5, id="a negative value is passed over"),
        pytest.param(5, INF, False, 0, 5, id="an infinite value is passed over"),
        pytest.param(5, 2.0**54, False, 0, 5, id="a value beyond exactness is passed over"),
        pytest.param(NAN, NAN, False, 0, NAN, id="nothing then and nothing now"),
    ],
)
def test_a_counter(previous, current, restarted, gained, remembered):
    found = increase(np.array([float(previous)]), np.array([float(current)]), restarted=restarted)
    assert found.gained.tolist() == [gained]
    assert found.remembered.tolist() == pytest.approx([remembered], nan_ok=True)


def test_resets_and_refusals_are_told():
    found = increase(np.array([5.0, 5.0, 5.0]), np.array([1.0, NAN, 6.0]), restarted=False)
    assert (found.resets, found.refused) == (1, 1)


@given(st.lists(st.one_of(st.integers(0, 2**40).map(float), st.sampled_from([NAN, INF, -1.0]))))
def test_a_counter_never_loses(values):
    previous, total = np.array([NAN]), 0.0
    for value in values:
        found = increase(previous, np.array([value]), restarted=False)
        assert found.gained[0] >= 0
        previous, total = found.remembered, total + found.gained[0]
    rising = [value for value in values if 0 <= value < INF]
    assert total >= max(rising, default=0.0)
