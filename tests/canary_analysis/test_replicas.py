"""Replica noise, against plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from canary_analysis import Kind, Metric, Policy
from canary_analysis.arms import Arm, Arms
from canary_analysis.layout import Layout
from canary_analysis.replicas import discount, dispersion, left_out_tables, noise

LAYOUT = Layout.of([Metric(name="errors", kind=Kind.ERRORS)], Policy())


def arm(rows):
    counts = np.array(rows, dtype=np.int64).reshape(-1, 2)
    names = tuple(f"r{i}" for i in range(len(counts)))
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
    return Arms(canary=arm(canary), baseline=arm(baseline))


def test_few_replicas_that_look_alike_leave_the_noise_to_the_policy():
    phi, estimated = noise(LAYOUT, arms([(100, 3)] * 6), Policy(prior_phi=2.5))
    assert (phi.tolist(), estimated.tolist()) == ([2.5], [False])


def test_few_replicas_that_differ_are_believed_and_more():
    rows = [(100, 9), (100, 1)] * 3
    phi, estimated = noise(LAYOUT, arms(rows), Policy(prior_phi=1.5))
    assert estimated.tolist() == [False]
    assert phi[0] == pytest.approx(1.0 + (slow_dispersion(rows) - 1.0) * 5 / chi2.ppf(0.2, 5))


def test_with_few_replicas_the_canarys_own_spread_counts_too():
    alike = arms([(100, 3)] * 2, canary=[(100, 30)] * 2)
    apart = arms([(100, 3)] * 2, canary=[(100, 10), (100, 50)])
    assert noise(LAYOUT, alike, Policy())[0][0] == 1.0
    assert noise(LAYOUT, apart, Policy())[0][0] > 10.0


def test_enough_baseline_replicas_measure_the_noise():
    rows = [(100, 9), (100, 1)] * 4
    phi, estimated = noise(LAYOUT, arms(rows), Policy(prior_phi=2.5))
    assert estimated.tolist() == [True]
    assert phi[0] == pytest.approx(slow_dispersion(rows))


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
