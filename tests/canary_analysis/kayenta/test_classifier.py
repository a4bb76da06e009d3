from itertools import pairwise

import numpy as np
import pytest

from canary_analysis.kayenta import Class, Direction, Effect, Rule, classify
from tests.canary_analysis.kayenta.published_cases import (
    ABOVE,
    AT_TEN,
    AT_TWENTY,
    BELOW,
    LARGE,
    LOW_CANARY,
    NEAR_TEN,
    NEAR_TWENTY,
    ONES,
    RISING,
    SEEN,
    SHARES,
    SMALL,
    SPREAD,
    TENS,
    ZEROS,
    classified,
    rule,
)


@pytest.mark.parametrize(
    ("canary", "baseline", "asked", "label", "critical"),
    [
        (LARGE, SMALL, rule(effect=Effect(allowed_decrease=0.8, allowed_increase=1.2)), "High", 0),
        ((10.0, 12.2, 10.1, 12.5, 23.0), LARGE, rule(effect=Effect(allowed_decrease=0.5)), "Pass", 0),
        (LARGE, SMALL, rule(critical=True, effect=Effect(critical_increase=1.2)), "High", 1),
        (LOW_CANARY, SPREAD, rule(critical=True, effect=Effect(critical_decrease=1.2)), "Low", 1),
        (LARGE, SMALL, rule(critical=True, effect=Effect(allowed_increase=5.0, critical_increase=13.0)), "High", 0),
        (LARGE, SMALL, rule(critical=True, effect=Effect(allowed_increase=13.0, critical_increase=15.0)), "Pass", 0),
        (LARGE, SMALL, rule(critical=True), "High", 1),
        ((1.0, 1.0, 1.0), (1.0, 1.0), rule(direction=Direction.DECREASE), "Pass", 0),
        (RISING, RISING[::-1], rule(direction=Direction.DECREASE), "Pass", 0),
        ((0.0, 1.0, 1.0, 1.0, 1.0), ONES, rule(direction=Direction.DECREASE), "Pass", 0),
        ((), RISING, rule(direction=Direction.DECREASE), "Nodata", 0),
        ((), RISING, rule(direction=Direction.DECREASE, critical=True), "Nodata", 1),
        ((), RISING, rule(direction=Direction.DECREASE, replace_nan=True), "Pass", 0),
        ((1.0, 1.0, 1.0, 1.0, 10.0), ONES, rule(), "Pass", 0),
        (TENS, ONES, rule(), "High", 0),
        (TENS, ZEROS, rule(), "High", 0),
        (SEEN, ZEROS, rule(effect=Effect(allowed_decrease=0.8, allowed_increase=1.2)), "High", 0),
        (ZEROS, SEEN, rule(effect=Effect(allowed_decrease=0.8, allowed_increase=1.2)), "Low", 0),
        (SHARES, ZEROS * 2, rule(critical=True, replace_nan=True, effect=Effect(critical_increase=1.2)), "High", 1),
        (ZEROS, ZEROS, rule(), "Pass", 0),
    ],
)  # fmt: skip
def test_the_published_classes_come_out(canary, baseline, asked, label, critical) -> None:
    found = classified(canary, baseline, asked)
    assert (found.label, found.critical) == (label, bool(critical))


@pytest.mark.parametrize(
    ("canary", "baseline", "asked", "label"),
    [
        (NEAR_TEN, AT_TEN, rule(), "Pass"),
        (AT_TWENTY, AT_TEN, rule(), "High"),
        (NEAR_TEN, NEAR_TWENTY, rule(), "Low"),
        (NEAR_TEN, NEAR_TWENTY, rule(direction=Direction.INCREASE), "Pass"),
        (AT_TWENTY, AT_TEN, rule(direction=Direction.DECREASE), "Pass"),
        (AT_TWENTY, AT_TEN, rule(direction=Direction.INCREASE), "High"),
        (NEAR_TEN, NEAR_TWENTY, rule(direction=Direction.DECREASE), "Low"),
        (
            NEAR_TEN,
            NEAR_TWENTY,
            rule(direction=Direction.DECREASE, effect=Effect(allowed_decrease=0.8)),
            "Low",
        ),
        (
            BELOW,
            ABOVE,
            Rule(
                tolerance=0.2,
                effect=Effect(measure="cles", allowed_decrease=0.2, allowed_increase=0.8),
            ),
            "Low",
        ),
    ],
)
def test_the_published_classes_of_thirty_points_come_out(canary, baseline, asked, label) -> None:
    assert classified(canary, baseline, asked).label == label


def test_a_zero_mean_has_no_ratio_and_the_effect_is_not_looked_at() -> None:
    assert np.isnan(classified(SEEN, ZEROS).ratio)
    assert np.isnan(classified(ZEROS, SEEN).ratio)
    assert classified(ZEROS, ZEROS).ratio == 1.0


@pytest.mark.parametrize(("bad", "label"), [(7, "Pass"), (8, "High")])
def test_seven_of_ten_points_at_a_hundred_times_pass(bad, label) -> None:
    canary = np.array([100.0] * bad + [1.0] * (10 - bad))
    assert classified(canary, np.ones(10), Rule()).label == label


def test_noise_comes_from_the_generator_alone() -> None:
    again = [
        classify(np.array(TENS), np.array(ONES), Rule(), np.random.default_rng(5)).shift
        for _ in range(2)
    ]
    assert len(set(again)) == 1


def test_more_bad_points_are_never_less_high() -> None:
    labels = [
        classified([100.0] * bad + [1.0] * (10 - bad), np.ones(10), Rule()).label == "High"
        for bad in range(11)
    ]
    assert all(before <= after for before, after in pairwise(labels))


def test_the_chance_to_be_above_is_an_effect_too() -> None:
    asked = rule(effect=Effect(measure="cles", allowed_decrease=0.2, allowed_increase=0.8))
    assert classified(LARGE, SMALL, asked).label == "High"
    assert classified(SMALL, LARGE, asked).label == "Low"


def test_two_points_that_tie_at_every_shift_cannot_be_told() -> None:
    assert classified((3.0,), (5.0,)).label is Class.ERROR
