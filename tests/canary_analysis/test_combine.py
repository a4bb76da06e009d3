"""Closed testing, against all subsets."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_analysis.combine import closed_testing, weighted_mean

VALUES = st.lists(st.tuples(st.floats(0, 1e6), st.floats(0.1, 5)), min_size=1, max_size=6)


def slow_adjusted(values, weights, index):
    others = [i for i in range(len(values)) if i != index]
    groups = [
        [index, *chosen] for size in range(len(values)) for chosen in combinations(others, size)
    ]
    return min(
        sum(values[i] * weights[i] for i in group) / sum(weights[i] for i in group)
        for group in groups
    )


@given(VALUES)
def test_closed_testing_is_the_least_mean_over_all_groups(pairs):
    values, weights = (np.array(column) for column in zip(*pairs, strict=True))
    ours = closed_testing(values, weights)
    slow = [slow_adjusted(values, weights, i) for i in range(len(values))]
    assert ours == pytest.approx(np.array(slow))


def test_a_metric_without_stake_is_never_convicted():
    assert closed_testing(np.array([1e9, 2.0]), np.array([0.0, 1.0])).tolist() == [0.0, 2.0]


def test_the_mean_is_taken_over_the_last_axis():
    values = np.array([[1.0, 3.0], [5.0, 5.0]])
    assert weighted_mean(values, np.array([1.0, 1.0])).tolist() == [2.0, 5.0]
