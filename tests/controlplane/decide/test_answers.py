"""How many answers may differ."""

from itertools import product
from math import comb, exp

import numpy as np
import pytest

from controlplane.decide import answers
from controlplane.decide.answers import judge_answers

LIMITS = {"most": 0.01, "alpha": 0.01, "beta": 0.05}


@pytest.mark.parametrize(("most", "trials"), list(product((0.001, 0.01, 0.2, 0.7), (1, 5, 40))))
@pytest.mark.parametrize("side", ["above", "below"])
def test_the_stake_s_expectation_never_grows(most: float, trials: int, side: str) -> None:
    """By exact enumeration, at the limit itself, where it is the largest."""
    points = answers.POINTS
    above = [most ** (1.0 - (point + 1) / (points + 1)) for point in range(points)]
    below = [0.0, *(most * 0.5**point for point in range(1, points // 2))]
    shares = above if side == "above" else below
    mean = sum(
        comb(trials, k)
        * most**k
        * (1 - most) ** (trials - k)
        * exp(answers._log_evidence(trials, k, most, shares))
        for k in range(trials + 1)
    )
    assert mean == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("share", "read_wrong"), [(0.005, "too_many"), (0.01, "too_many")])
def test_a_version_within_the_limit_is_rarely_sent_home_however_often_it_is_looked_at(
    share: float, read_wrong: str
) -> None:
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(300):
        different = rng.random(2000) < share
        seen = np.cumsum(different)[19::20]
        wrong += any(
            getattr(judge_answers(20 * (i + 1), int(k), **LIMITS), read_wrong)
            for i, k in enumerate(seen)
        )
    assert wrong <= 9  # 3 of 300 are allowed on average


def test_what_is_beyond_the_limit_is_found_and_what_is_within_is_proven() -> None:
    assert judge_answers(200, 20, **LIMITS).too_many
    assert not judge_answers(20, 0, **LIMITS).proven
    assert judge_answers(2000, 2, **LIMITS).proven
    assert not judge_answers(2000, 20, **LIMITS).proven


def test_no_data_is_neither() -> None:
    found = judge_answers(0, 0, **LIMITS)
    assert (found.too_many, found.proven) == (False, False)
    assert found.text == "0 of 0 answers differ; 1.00% may"


def test_where_all_may_differ_nothing_is_asked() -> None:
    found = judge_answers(50, 50, most=1.0, alpha=0.01, beta=0.05)
    assert (found.too_many, found.proven) == (False, True)


def test_extreme_figures_are_no_accident() -> None:
    assert judge_answers(10**9, 10**9, **LIMITS).too_many
    assert judge_answers(10**9, 0, **LIMITS).proven
