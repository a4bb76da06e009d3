"""Rows of running sums."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import CumulativeRing, Sums


def ring_of(*rows: tuple[float, dict[str, float]], capacity: int = 4) -> CumulativeRing:
    ring, sums = CumulativeRing(capacity=capacity), Sums()
    for at, now in rows:
        bring_to(sums, now)
        ring.append(at, sums)
    return ring


def bring_to(sums: Sums, now: dict[str, float]) -> None:
    for key in sums.by_key().keys() - now.keys():
        sums.drop(key)
    for key, value in now.items():
        sums.add(np.array([sums.column(key)]), np.array([value - sums.get(key)]))


def test_an_empty_ring_knows_nothing():
    assert CumulativeRing(capacity=2).at(10.0) is None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(9, None, id="before the first row nothing is known"),
        pytest.param(10, 10, id="a row is as of its own moment"),
        pytest.param(15, 10, id="between two rows the earlier one holds"),
        pytest.param(99, 30, id="after the last row that one holds"),
    ],
)
def test_the_newest_row_at_or_before_a_moment_is_found(moment, expected):
    ring = ring_of((10, {"a": 1}), (20, {"a": 2}), (30, {"a": 3}))
    row = ring.at(moment)
    assert (None if row is None else row.at) == expected


def test_the_oldest_rows_make_room():
    ring = ring_of(*((at, {"a": at}) for at in range(10)), capacity=3)
    assert ring.at(6) is None
    assert ring.at(7).get("a", -1) == 7
    assert ring.at(50).get("a", -1) == 9


def test_a_new_key_stood_at_zero_in_older_rows_and_the_others_stay():
    ring = ring_of((1, {"a": 5}), (2, {"b": 7, "a": 6}))
    assert [ring.at(1).get(key, -1) for key in "abc"] == [5, 0, -1]
    assert [ring.at(2).get(key, -1) for key in "ab"] == [6, 7]


def test_the_column_of_a_key_that_is_gone_is_clean_for_the_next():
    ring = ring_of((1, {"a": 5}), (2, {"b": 7}), (3, {"b": 8, "c": 1}))
    assert [ring.at(1).get(key, -1) for key in "abc"] == [-1, 0, 0]
    assert [ring.at(3).get(key, -1) for key in "bc"] == [8, 1]


def test_a_clock_that_was_set_back_takes_the_rows_of_the_future_with_it():
    ring = ring_of((10, {"a": 1}), (20, {"a": 2}), (30, {"a": 3}), (15, {"a": 4}))
    assert ring.at(100).at == 15
    assert ring.at(14).at == 10


def test_a_clock_set_back_before_everything_leaves_one_row():
    ring = ring_of(*((at, {"a": at}) for at in range(10, 20)), (5, {"a": 99}), capacity=3)
    assert ring.at(4) is None
    assert ring.at(100).get("a", -1) == 99


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sets(st.sampled_from("abc"))), max_size=20),
    st.integers(1, 5),
    st.integers(-1, 31),
)
def test_a_ring_is_a_list_that_forgets(appends, capacity, moment):
    ring = CumulativeRing(capacity=capacity)
    rows: list[tuple[int, dict[str, float]]] = []
    running = Sums()
    for number, (at, keys) in enumerate(appends):
        sums = dict.fromkeys(keys, float(number + 1))
        bring_to(running, sums)
        ring.append(at, running)
        rows = [(t, {k: old.get(k, 0.0) for k in keys}) for t, old in rows if t < at]
        rows = [*rows, (at, sums)][-capacity:]
    past = [(t, sums) for t, sums in rows if t <= moment]
    found = ring.at(moment)
    assert (found is None) is (not past)
    if found is not None:
        assert found.at == past[-1][0]
        assert {key: found.get(key, 0.0) for key in past[-1][1]} == past[-1][1]
