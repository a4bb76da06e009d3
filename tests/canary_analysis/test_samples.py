"""Raw latencies as counts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_analysis import Analysis, Decision, InvalidSamples, Kind, Metric, Policy
from canary_analysis.samples import GROWTH, count_above, edges_of

LATENCIES = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=50)


@given(LATENCIES)
def test_edges_grow_by_eight_percent_and_span_the_samples(samples):
    edges = edges_of(samples)
    assert all(high == pytest.approx(GROWTH * low) for low, high in pairwise(edges))
    assert edges[0] >= min(samples)
    assert edges[-1] * GROWTH * (1 + 1e-9) >= max(samples)
    assert Metric(name="latency", kind=Kind.LATENCY, edges=edges).width == len(edges)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0.0, 1e6)), max_size=50),
    st.lists(st.floats(0.0, 1e6), max_size=9, unique=True).map(sorted),
)
def test_binning_counts_what_lies_above_in_each_tick(samples, edges):
    ticks = np.array([tick for tick, _ in samples], dtype=np.int64)
    counts = count_above([value for _, value in samples], tuple(edges), ticks=ticks)
    for row, found in enumerate(counts.tolist()):
        here = [value for tick, value in samples if tick == row]
        assert found == [len(here), *(sum(value > edge for value in here) for edge in edges)]


def test_the_grid_is_the_same_for_all_data():
    wide, narrow = edges_of([0.01, 10.0]), edges_of([0.1, 1.0])
    assert set(narrow) <= set(wide)


@pytest.mark.parametrize(
    ("samples", "advice"),
    [
        pytest.param([0.1, -0.1], "has -0.1 at position 1", id="negative"),
        pytest.param([float("nan")], "has nan at position 0", id="no number"),
        pytest.param([float("inf")], "has inf at position 0", id="infinite"),
        pytest.param([[0.1], [0.2]], "one list of seconds", id="a table"),
        pytest.param(["fast"], "no number", id="words"),
        pytest.param([None], "no number|has nan", id="nothing"),
    ],
)
def test_what_is_no_latency_is_refused(samples, advice):
    with pytest.raises(InvalidSamples, match=advice):
        count_above(samples, (0.1,))


def test_no_samples_are_zero_requests_but_give_no_edges():
    assert count_above([], (0.1, 0.2)).tolist() == [[0, 0, 0]]
    with pytest.raises(InvalidSamples, match="no samples"):
        edges_of([])


def test_a_slower_canary_is_found_in_raw_latencies(interval):
    rng = np.random.default_rng(8)
    canary = [rng.lognormal(-2.3, 0.4, 400) for _ in range(3)]
    baseline = [rng.lognormal(-2.5, 0.4, 400) for _ in range(8)]
    edges = edges_of(np.concatenate([*canary, *baseline]))
    analysis = Analysis.start([Metric(name="raw", kind=Kind.LATENCY, edges=edges)], Policy())
    here, there = ([count_above(each, edges)[0] for each in arm] for arm in (canary, baseline))
    found = analysis.observe({"raw": interval(here, there)}).judge(10.0)
    assert found.decision is Decision.ROLLBACK
