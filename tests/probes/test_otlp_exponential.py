"""Observations at exponents of two that are known exactly, so that no logarithm decides."""

from bisect import bisect_right
from itertools import accumulate
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.otlp import read_points
from probes.otlp_exponential import edges_of, exponential
from probes.otlp_streams import MAX_SERIES, Streams
from probes.otlp_values import CannotCount
from tests.probes.otlp_requests import CUMULATIVE, DELTA, exponential_histogram, histogram, request

FINEST = 20
STEPS = 1 << (FINEST + 1)
"""To an octave; odd steps lie amid the buckets of the finest scale."""
SINCE, START = 1000.0, 1001.0
NAME = "faas_invoke_duration_seconds"

WITHIN = st.integers(-16 * STEPS // 2, 16 * STEPS // 2 - 1).map(lambda n: 2 * n + 1)
WHOLE = st.integers(-18, 18).map(lambda octave: octave * STEPS)
ZERO = st.none()
OBSERVED = st.one_of(WITHIN, WHOLE, ZERO)
SCALES = st.integers(3, FINEST)


def seconds(observed: int | None) -> float:
    return 0.0 if observed is None else 2.0 ** (observed / STEPS)


def point_of(observed, scale, **more):
    """A point as an SDK would make it: bucket i of a scale holds (2**(i/2**s), 2**((i+1)/2**s)]."""
    wide = STEPS >> scale
    held = [-(-o // wide) - 1 for o in observed if o is not None]
    offset = min(held, default=0)
    counts = [0] * (max(held, default=offset - 1) - offset + 1)
    for bucket in held:
        counts[bucket - offset] += 1
    zeros = sum(o is None for o in observed)
    total = sum(map(seconds, observed))
    return exponential_histogram(
        counts, zeros=zeros, scale=scale, offset=offset, total=total, **more
    )


def fitting(observed, scale) -> int:
    """Return the finest scale that holds what was observed in the buckets that one may have."""
    exponents = [o for o in observed if o is not None] or [0]
    while scale > 3 and (max(exponents) - min(exponents)) // (STEPS >> scale) > 2000:
        scale -= 1
    return scale


def take(streams, metric, at):
    (pushed,) = read_points(request(metric, service_instance_id="a"))
    assert not pushed.refused
    return streams.take(pushed.points, now=at)


def at_or_below(streams) -> dict[float, float]:
    return {
        float(labels["le"]): value
        for (name, labels), value in zip(streams.series, streams.values, strict=True)
        if name == f"{NAME}_bucket"
    }


def assert_counted(streams, observed):
    values = sorted(map(seconds, observed))
    found = at_or_below(streams)
    assert set(found) == {*edges_of("s"), inf}
    assert found == {edge: bisect_right(values, edge) for edge in found}
    others = {name: value for (name, _), value in zip(streams.series, streams.values, strict=True)}
    assert others[f"{NAME}_count"] == len(observed)
    assert others[f"{NAME}_sum"] == pytest.approx(sum(values))


@given(st.lists(st.tuples(st.lists(OBSERVED, max_size=12), SCALES, st.booleans()), min_size=1))
def test_deltas_of_any_scale_count_at_every_edge(pieces):
    streams, at = Streams(since=SINCE), START
    for observed, scale, twice in pieces:
        metric = point_of(
            observed, fitting(observed, scale), start=at, at=at + 1.0, temporality=DELTA
        )
        at += 1.0
        assert not take(streams, metric, at)
        if twice:
            assert sum(take(streams, metric, at).values()) == 1
    assert_counted(streams, [o for observed, *_ in pieces for o in observed])


@given(
    st.lists(
        st.tuples(st.lists(OBSERVED, max_size=12), SCALES, st.booleans(), st.booleans()),
        min_size=1,
    )
)
def test_cumulative_points_of_changing_scale_count_at_every_edge(pieces):
    streams, at, start, life = Streams(since=SINCE), START, START, []
    for observed, scale, twice, restarted in pieces:
        if restarted:
            start, life = at, []
        life = life + observed
        at += 1.0
        metric = point_of(life, fitting(life, scale), start=start, at=at)
        assert not take(streams, metric, at)
        if twice:
            assert sum(take(streams, metric, at).values()) == 1
    assert_counted(streams, [o for observed, *_ in pieces for o in observed])


def test_the_edges_of_a_unit_are_always_shown_all():
    streams = Streams(since=SINCE)
    take(streams, point_of([], 20, at=1010.0, start=START), 1010.0)
    before = streams.series
    take(streams, point_of([1, None], 5, at=1011.0, start=START), 1011.0)
    assert streams.series is before
    assert len(before) * 50 <= MAX_SERIES
    edges = [labels["le"] for name, labels in before if name.endswith("_bucket")]
    assert "0.5" in edges
    assert "1" in edges
    assert "+Inf" in edges
    assert sorted(map(float, edges)) == [*edges_of("s"), inf]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_have_the_same_edges_in_each_unit(unit):
    binary = {"s": 1.0, "ms": 2.0**10, "us": 2.0**20, "ns": 2.0**30}[unit]
    assert [edge / binary for edge in edges_of(unit)] == pytest.approx(edges_of("s"))


@pytest.mark.parametrize("unit", ["{token}", "1", "", "By"])
def test_other_units_have_edges_of_their_own(unit):
    assert edges_of(unit)[0] in (2.0**-6, 2.0**8)
    assert list(accumulate(edges_of(unit), max)) == list(edges_of(unit))


@pytest.mark.parametrize(
    ("counts", "more", "words"),
    [
        ([1], {"scale": 2}, "a scale below 3"),
        ([1], {"scale": -10}, "a scale below 3"),
        ([1], {"negative": [0, 1]}, "negative values"),
        ([1], {"zeros": 1, "threshold": 0.001}, "zero threshold"),
        ([1], {"zeros": 1, "threshold": float("nan")}, "zero threshold"),
        ([1], {"count": 2}, "do not add up"),
        ([0] * 5000, {}, "4096 buckets at most"),
    ],
)
def test_what_cannot_be_counted_exactly_is_refused(counts, more, words):
    metric = exponential_histogram(counts, at=1.0, **more)
    with pytest.raises(CannotCount, match=words):
        exponential(metric.exponential_histogram.data_points[0], "s")
    (pushed,) = read_points(request(metric))
    ((reason, count),) = pushed.refused.items()
    assert words in reason
    assert (count, pushed.points) == (1, ())


@pytest.mark.parametrize(
    "more",
    [
        {"counts": [0, 0], "scale": -3},
        {"counts": [], "scale": 2**31 - 1, "zeros": 4, "threshold": 2.0**-12},
        {"counts": [0, 3], "scale": 2**31 - 1, "offset": -(2**31)},
        {"counts": [3], "scale": 3, "offset": 2**31 - 1},
    ],
)
def test_odd_points_that_are_exact_count(more):
    point = exponential_histogram(at=1.0, **more).exponential_histogram.data_points[0]
    parts, values = exponential(point, "s")
    assert len(parts) == len(values)
    assert values[-1] == point.count == values[-3]
    assert list(values[:-2]) == sorted(values[:-2])


def test_an_explicit_histogram_counts_in_the_same_series():
    streams = Streams(since=SINCE)
    take(streams, histogram(1, 2, 3, at=1010.0, start=START, edges=(0.5, 1.0)), 1010.0)
    take(streams, point_of([0, 1, STEPS], 4, at=1011.0, start=START), 1011.0)
    assert at_or_below(streams)[1.0] == 3 + 1
    counts = [
        value
        for (name, _), value in zip(streams.series, streams.values, strict=True)
        if name == f"{NAME}_count"
    ]
    assert counts == [9.0]


def test_temporalities_are_two_streams():
    found = [
        read_points(request(point_of([1], 3, at=9.0, temporality=kind)))[0].points[0]
        for kind in (CUMULATIVE, DELTA)
    ]
    assert found[0].stream != found[1].stream
