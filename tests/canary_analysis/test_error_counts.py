"""Bursts, floors and tolerable rates."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from canary_analysis.error_counts import clip_bursts, excess_rate, tolerable_evidence
from canary_analysis.evidence import UNIT, Table, log_growth, place_bet


def one(canary_above, canary_total, baseline_above=0, baseline_total=0):
    values = (canary_above, canary_total, baseline_above, baseline_total)
    names = ("canary_above", "canary_total", "baseline_above", "baseline_total")
    return Table(**{name: np.atleast_1d(v) for name, v in zip(names, values, strict=True)})


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.5, 2.0, 5.0]))
def test_a_clipped_interval_gives_at_most_the_limit_and_never_more_than_before(x, y, nats):
    bet = place_bet(one(x, 100, y, 300), odds=1.5)
    clipped = clip_bursts(bet, nats)
    assert (log_growth(clipped) <= nats + 1e-3).all()
    assert (log_growth(clipped) <= log_growth(bet) + 1e-12).all()


def test_an_ordinary_interval_is_not_clipped():
    bet = place_bet(one(1, 100, 2, 300), odds=1.5)
    assert (clip_bursts(bet, 2.0) == bet).all()


def test_few_errors_are_evidence_for_the_canary_and_are_left_alone():
    bet = place_bet(one(0, 300, 60, 100), odds=1.5)
    assert (clip_bursts(bet, 0.1) == bet).all()


def test_the_excess_is_the_difference_of_the_rates():
    even = np.array([[30 * UNIT], [60], [15 * UNIT]])
    assert excess_rate(even, np.array([1_000])) == pytest.approx(30 / 1_000 - 30 / 3_000)
    assert excess_rate(even * 0, np.array([0])).tolist() == [0.0]


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.6])
def test_a_canary_at_the_tolerable_rate_never_gains_in_expectation(rate):
    seen = np.arange(13)
    value = tolerable_evidence(one(seen, np.full(13, 12)), 0.05, np.ones(13))
    assert binom(12, rate).pmf(seen) @ value <= 1.0 + 1e-9


def test_a_canary_without_errors_is_proven_by_its_requests_alone():
    value = tolerable_evidence(one(0, 600), 0.01, np.ones(1))[0]
    mixture = sum((1 - 0.01 * part) ** 600 for part in (0, 0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.7))
    assert value == pytest.approx(mixture / 8 / 0.99**600)
    assert value > 20.0
    assert comb(600, 0) == 1


def test_noise_slows_the_proof():
    quiet, noisy = (tolerable_evidence(one(0, 600), 0.01, np.array([phi])) for phi in (1.0, 3.0))
    assert noisy < quiet
