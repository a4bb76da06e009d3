"""The evidence gate, held against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from slo import Counts, EvidenceGate
from slo.evidence_gate import chance_of_at_least


@given(
    st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n + 2))),
    st.floats(1e-6, 0.999),
)
def test_the_chance_is_that_of_the_binomial_tail(tries, ratio):
    total, bad = tries
    expected = float(binom.sf(bad - 1, total, ratio))
    assert chance_of_at_least(bad, total, ratio) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("bad", "total", "ratio"),
    [(144, 10_000, 0.01), (2, 60, 0.001), (10, 10, 0.5), (5_200, 10**7, 5e-4), (30, 50, 0.01)],
)
def test_small_chances_are_exact_too(bad, total, ratio):
    expected = float(binom.sf(bad - 1, total, ratio))
    assert chance_of_at_least(bad, total, ratio) == pytest.approx(expected, rel=1e-7)


@given(st.integers(1, 500), st.floats(0.001, 0.5))
def test_more_failures_are_never_more_likely(total, ratio):
    chances = [chance_of_at_least(bad, total, ratio) for bad in range(total + 2)]
    assert chances == sorted(chances, reverse=True)
    assert (chances[0], chances[-1]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("good", "total", "expected"),
    [
        pytest.param(9, 10, False, id="one failure is never enough"),
        pytest.param(8, 10, True, id="two of ten are no chance at three nines"),
        pytest.param(998, 1_000, False, id="two of a thousand are"),
        pytest.param(0, 0, False, id="nothing is no evidence"),
        pytest.param(0, 10**6, True, id="an outage of a million has a chance that rounds to 0"),
    ],
)
def test_the_gate(good, total, expected):
    assert EvidenceGate().passes(Counts(good=good, total=total), 0.001) is expected
