"""Every series of the last hour, packed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from controlplane.recent_series import RecentSeries
from probes.exposition import Layout
from probes.layout_cache import LayoutCache
from slo import Selector

LAYOUTS = LayoutCache()
A, B, C = (Selector(name=name) for name in "abc")


def layout(*names: str) -> Layout:
    return LAYOUTS.read("/".join(names), "".join(f"{n} 1\n" for n in names).encode()).layout


VALUES = st.one_of(
    st.integers(0, 10**6).map(float),
    st.floats(),
    st.sampled_from([0.0, -0.0, 2.0**53, 2.0**40, -5.0, float("nan"), float("inf")]),
)


ROWS = st.sampled_from([1, 2, 29, 30, 31, 65])


@settings(max_examples=50)
@given(ROWS.flatmap(lambda rows: arrays(np.float64, (rows, 3), elements=VALUES)))
def test_no_bit_is_lost(table):
    recent = RecentSeries(3600.0)
    for at, row in enumerate(table):
        recent.add("t", layout("a", "b", "c"), row, at=float(at))
    found = recent.read("t", [A, B, C], since=0.0, most=9)
    assert [one.name for one in found] == ["a", "b", "c"]
    for column, one in enumerate(found):
        assert one.times == tuple(map(float, range(len(table))))
        same = np.array(one.values) == table[:, column]
        assert (same | np.isnan(table[:, column])).all()


def test_what_is_older_than_wanted_or_kept_is_gone():
    recent = RecentSeries(100.0)
    for at in range(400):
        recent.add("t", layout("a"), np.array([float(at)]), at=float(at))
    (one,) = recent.read("t", [A], since=390.0, most=1)
    assert one.times == tuple(map(float, range(390, 400)))
    (one,) = recent.read("t", [A], since=0.0, most=1)
    assert 260.0 <= one.times[0] <= 300.0


def test_a_page_that_changes_its_looks_goes_on():
    recent = RecentSeries(100.0)
    recent.add("t", layout("a"), np.array([1.0]), at=1.0)
    recent.add("t", layout("a", "b"), np.array([2.0, 7.0]), at=2.0)
    found = {one.name: one.values for one in recent.read("t", [A, B], since=0.0, most=9)}
    assert found == {"a": (1.0, 2.0), "b": (7.0,)}


def test_no_more_than_asked_for_and_nothing_of_strangers():
    recent = RecentSeries(100.0)
    recent.add("t", layout("a", "b"), np.array([1.0, 2.0]), at=1.0)
    assert len(recent.read("t", [A, B], since=0.0, most=1)) == 1
    assert recent.read("other", [A], since=0.0, most=1) == ()
    recent.forget("t")
    assert recent.read("t", [A], since=0.0, most=1) == ()


@pytest.mark.parametrize("seconds", [0.0])
def test_nothing_is_kept_where_nothing_is_wanted(seconds):
    recent = RecentSeries(seconds)
    recent.add("t", layout("a"), np.array([1.0]), at=1.0)
    assert recent.read("t", [A], since=0.0, most=1) == ()
