"""Replica noise, against plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from canary_analysis import Kind, Metric, Policy
from canary_analysis.arms import Arm, Arms
from canary_analysis.layout import Layout
from canary_analysis.replicas import (
    discount,
    dispersion,
    left_out_tables,
    noise,
    noise_shown,
)

LAYOUT = Layout.of([Metric(name="errors", kind=Kind.ERRORS)], Policy())


def arm(rows, name="r"):
    counts = np.array(rows, dtype=np.int64).reshape(-1, 2)
    names = tuple(f"{name}{i}" for i in range(len(counts)))
    return Arm(names=names, total=counts[:, :1], above=counts[:, 1:])


def slow_dispersion(rows):
    rows = [(n, x) for n, x in rows if n]
    share = sum(x for _, x in rows) / sum(n for n, _ in rows)
    squares = sum((x - n * share) ** 2 / (n * share * (1 - share)) for n, x in rows)
    return squares / (len(rows) - 1)


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0.1, 0.9)), min_size=2, max_size=12))
def test_dispersion_is_pearsons(raw):
    rows = [(n, round(n * share)) for n, share in raw]
    if 0 < sum(x for _, x in rows) < sum(n for n, _ in rows):
        counts = np.array(rows)
        ours = dispersion(counts[:, :1], counts[:, 1:])[0]
        assert ours == pytest.approx(slow_dispersion(rows))


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(100, 3)], id="one replica has nobody to differ from"),
        pytest.param([(100, 0), (100, 0)], id="without events nothing varies"),
        pytest.param([(0, 0), (0, 0)], id="without requests nothing is known"),
        pytest.param([(9, 9), (9, 9)], id="with events only nothing varies"),
    ],
)
def test_dispersion_is_unknown_when_nothing_can_vary(rows):
    counts = np.array(rows)
    assert np.isnan(dispersion(counts[:, :1], counts[:, 1:])[0])


def arms(baseline, canary=((100, 3),)):
    return Arms(canary=arm(canary, "c"), baseline=arm(baseline))


def slow_squares(rows):
    return slow_dispersion(rows) * (len(rows) - 1)


def expected_excess(canary, baseline, spread):
    """What replicas of this spread make of the comparison of two arms, from first principles.

    The difference of log odds varies by 1 / (p q) (1 / n + 1 / m) by chance, and by spread squared
    (1 / R + 1 / S) between replicas; phi is the sum over the first.
    """
    (n, _), (m, y) = (tuple(map(sum, zip(*arm, strict=True))) for arm in (canary, baseline))
    p = (y + 0.5) / (m + 1)
    chance = (1 / n + 1 / m) / (p * (1 - p))
    return spread**2 * (1 / len(canary) + 1 / len(baseline)) / chance


def test_before_anything_is_shown_the_noise_is_what_the_policy_expects():
    one = arms([(3_000, 90)], canary=[(1_000, 50)])
    phi, measured = noise(LAYOUT, one, Policy(prior_spread=0.5))
    assert measured.tolist() == [False]
    assert phi[0] == pytest.approx(1.0 + expected_excess([(1_000, 50)], [(3_000, 90)], 0.5))
    assert noise(LAYOUT, one, Policy(prior_spread=0.0))[0].tolist() == [1.0]
    assert noise(LAYOUT, one, Policy(prior_phi=9.0))[0].tolist() == [9.0]


def test_what_few_replicas_show_is_weighed_with_the_prior():
    baseline, canary = [(400, 9), (400, 41)] * 2, [(400, 30), (400, 20)]
    phi, _ = noise(LAYOUT, arms(baseline, canary), Policy())
    free, prior = 4, expected_excess(canary, baseline, 0.25)
    shown = slow_squares(baseline) + slow_squares(canary) - free
    weight = 4.0 - free / 4.0
    assert phi[0] == pytest.approx(1.0 + (weight * prior + shown) / (weight + free))


def test_many_replicas_need_no_prior():
    baseline, canary = [(100, 9), (100, 1)] * 8, [(100, 3)] * 3
    phi, measured = noise(LAYOUT, arms(baseline, canary), Policy(prior_phi=99.0, prior_spread=5.0))
    assert measured.tolist() == [True]
    assert phi[0] == pytest.approx(slow_squares(baseline) / 17)


def test_the_canarys_own_spread_counts_too():
    alike = arms([(100, 3)] * 2, canary=[(100, 30)] * 2)
    apart = arms([(100, 3)] * 2, canary=[(100, 10), (100, 50)])
    still = Policy(prior_spread=0.0)
    assert noise(LAYOUT, alike, still)[0][0] == 1.0
    assert noise(LAYOUT, apart, still)[0][0] > 5.0


def test_replicas_that_serve_both_versions_need_no_prior():
    shared = Arms(canary=arm([(1_000, 50)]), baseline=arm([(3_000, 90)]))
    assert noise(LAYOUT, shared, Policy(prior_spread=0.5))[0].tolist() == [1.0]
    half = Arms(canary=arm([(500, 25), (500, 25)]), baseline=arm([(3_000, 90), (0, 0)]))
    own = Arms(canary=arm([(500, 25), (500, 25)], "c"), baseline=arm([(3_000, 90)]))
    less = Policy(prior_spread=0.25 * 0.5**0.5)
    assert noise(LAYOUT, half, Policy())[0] == pytest.approx(noise(LAYOUT, own, less)[0])
    assert noise(LAYOUT, half, Policy())[0] < noise(LAYOUT, own, Policy())[0]


def test_proof_of_the_good_rests_on_what_is_shown_alone():
    few = arms([(100, 9), (100, 1)] * 3)
    bound = 1.0 + (slow_dispersion([(100, 9), (100, 1)] * 3) - 1.0) * 5 / chi2.ppf(0.2, 5)
    assert noise_shown(LAYOUT, few, Policy(prior_spread=9.0))[0] == pytest.approx(bound)
    alike = arms([(100, 3)] * 6)
    assert noise_shown(LAYOUT, alike, Policy(prior_phi=2.5)).tolist() == [2.5]
    rows = [(100, 9), (100, 1)] * 4
    many = noise_shown(LAYOUT, arms(rows), Policy(prior_phi=2.5))
    assert many[0] == pytest.approx(slow_dispersion(rows))


def test_replicas_more_alike_than_chance_earn_no_bonus():
    phi, _ = noise(LAYOUT, arms([(100, 5)] * 8), Policy())
    assert phi.tolist() == [1.0]


def test_each_replica_is_left_out_once():
    tick = Arms(canary=arm([(10, 1), (20, 5), (30, 0)]), baseline=arm([(100, 2)]))
    tables = left_out_tables(LAYOUT, tick)
    assert tables.canary_total[:, 0].tolist() == [60, 50, 40, 30]
    assert tables.canary_above[:, 0].tolist() == [6, 5, 1, 6]
    assert tables.above[:, 0].tolist() == [8, 7, 3, 8]


@pytest.mark.parametrize(("replicas", "divisor"), [(1, 4.0), (2, 4.0), (3, 2.0), (9, 2.0)])
def test_several_replicas_are_discounted_less_than_few(replicas, divisor):
    counts = arm([(100, 1)] * replicas)
    assert discount(np.array([4.0]), counts, LAYOUT.owner, power=0.5).tolist() == [divisor]
