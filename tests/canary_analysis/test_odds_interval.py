"""The interval: anytime coverage by simulation, and its ends."""

import numpy as np
import pytest

from canary_analysis.evidence import UNIT
from canary_analysis.odds_interval import odds_interval


def even(x, k, share):
    return np.array([[[x * UNIT]], [[k]], [[round(k * share * UNIT)]]])


@pytest.mark.parametrize("truth", [1.0, 3.0, 10.0])
def test_it_covers_the_truth_at_every_look(truth):
    rng = np.random.default_rng(7)
    runs, looks, canary, baseline, rate = 200, 40, 500, 1_500, 0.002
    worse = truth * rate / (1 - rate + truth * rate)
    x = np.cumsum(rng.binomial(canary, worse, (looks, runs)), axis=0)
    y = np.cumsum(rng.binomial(baseline, rate, (looks, runs)), axis=0)
    missed = np.zeros(runs, dtype=bool)
    for seen, other in zip(x, y, strict=True):
        events = np.stack([seen * UNIT, seen + other, (seen + other) * UNIT // 4])[:, None]
        found = odds_interval(events, np.full(runs, rate), np.ones(runs), alpha=0.05)
        missed |= (found.low > truth) | (found.high < truth)
    assert missed.mean() <= 0.05


def test_the_estimate_is_the_cross_ratio_when_the_share_is_constant():
    found = odds_interval(even(14, 18, 0.25), np.array([4 / 3760]), np.ones(1), alpha=0.05)
    assert found.estimate[0] == pytest.approx(10.6, rel=0.02)
    assert found.low[0] < 3.2
    assert found.high[0] > 30.0


def test_a_share_that_moved_is_not_mistaken_for_an_effect():
    shares, events = np.array([0.05, 0.5]), np.array([100, 300])
    x = np.array([5, 150])
    sums = np.stack([x * UNIT, events, (events * shares * UNIT).astype(int)])[..., None]
    found = odds_interval(sums, np.zeros(1), np.ones(1), alpha=0.05)
    assert found.estimate[0] == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize(
    ("x", "k", "ends"),
    [
        pytest.param(0, 0, "nothing", id="no event says nothing"),
        pytest.param(20, 20, "no upper end", id="all on the canary has no upper end"),
        pytest.param(0, 40, "no lower end", id="none on the canary has no lower end"),
    ],
)
def test_ends_that_are_not_known_say_so(x, k, ends):
    found = odds_interval(even(x, k, 0.25), np.zeros(1), np.ones(1), alpha=0.05)
    low, high = found.low[0], found.high[0]
    assert {"nothing": low == 0 and high == np.inf and np.isnan(found.estimate[0]),
            "no upper end": low > 1 and high == np.inf and found.estimate[0] == np.inf,
            "no lower end": low == 0 and high < 1 and found.estimate[0] == 0}[ends]  # fmt: skip


def test_a_share_of_events_that_cannot_grow_so_far_has_infinite_odds():
    found = odds_interval(even(39, 40, 0.5), np.array([0.9]), np.ones(1), alpha=0.05)
    assert found.estimate[0] == np.inf


def test_noise_widens_it():
    quiet, noisy = (
        odds_interval(even(30, 60, 0.25), np.zeros(1), np.array([phi]), alpha=0.05)
        for phi in (1.0, 3.0)
    )
    assert noisy.low[0] < quiet.low[0] < quiet.high[0] < noisy.high[0]
