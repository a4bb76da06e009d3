"""Native histograms against what was observed: never more good events than there were, never fewer perhaps good ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import LatencySli, NativeCount, NativeSample, count_raw, native_sli, parse_selectors
from slo.native_histogram import gain_between

SLI = LatencySli(histogram=parse_selectors("seconds")[0], limit=0.5)
VALUES = st.one_of(
    st.floats(1e-4, 1e4),
    st.floats(-1e3, -1e-4),
    st.integers(-40, 40).map(lambda n: 2.0 ** (n / 8)),
    st.just(0.0),
    st.floats(-1e-3, 1e-3),
)
PIECE = st.tuples(
    st.lists(VALUES, max_size=8),
    st.integers(-2, 5),  # the schema
    st.sampled_from([1e-9, 1e-3, 0.02]),  # the zero threshold
    st.booleans(),  # whether the process began anew
)
LIMITS = st.one_of(st.floats(0.001, 100.0), st.integers(-20, 20).map(lambda n: 2.0 ** (n / 4)))


def buckets(observed, schema, threshold) -> list[list]:
    """Rows as an engine's JSON has them: only what is filled, ends as text."""
    base = 2.0**-schema
    held: dict[tuple, int] = {}
    for value in observed:
        size = abs(value)
        if size <= threshold:
            row = (3, -threshold, threshold)
        else:
            bucket = int(np.ceil(np.log2(size) / base))
            while 2.0 ** (bucket * base) < size:
                bucket += 1
            while 2.0 ** ((bucket - 1) * base) >= size:
                bucket -= 1
            low, high = 2.0 ** ((bucket - 1) * base), 2.0 ** (bucket * base)
            row = (0, low, high) if value > 0 else (1, -high, -low)
        held[row] = held.get(row, 0) + 1
    return [[rule, repr(low), repr(high), str(n)] for (rule, low, high), n in sorted(held.items())]


def shown(at, observed, schema=3, threshold=1e-9) -> NativeSample:
    return NativeSample.of(at, len(observed), buckets(observed, schema, threshold))


def counted(samples, limit) -> tuple[int, int, int]:
    """All, surely good and perhaps good events, as an SLO would count them."""
    count = NativeCount(limit)
    for sample in samples:
        count.add(sample)
    sli = native_sli(LatencySli(histogram=SLI.histogram, limit=limit))
    series = count.series("seconds", {}, "a")
    found = [
        count_raw(type(sli)(total=sli.total, good=good), series) for good in (sli.good, sli.at_most)
    ]
    least, most = (int(each.total[-1] - each.bad[-1]) for each in found)
    return int(found[0].total[-1]), least, most


@given(st.lists(PIECE, min_size=1, max_size=8), LIMITS)
def test_the_truth_lies_within_the_bounds(pieces, limit):
    samples, life, lives = [shown(0.0, [])], [], []
    for at, (observed, schema, threshold, anew) in enumerate(pieces, start=1):
        # A restart is seen where anything fell; one that nobody can see is not looked for here.
        if anew and life and len(observed) < len(life):
            life = []
        life = life + observed
        lives.extend(observed)
        samples.append(shown(float(at), life, schema, threshold))
    total, least, most = counted(samples, limit)
    truth = sum(value <= limit for value in lives)
    assert total == len(lives)
    assert least <= truth <= most
    coarsest = min(schema for _, schema, *_ in pieces)
    steps = np.log2(limit) * 2.0**coarsest
    if steps == round(steps) and limit > 0.02:
        assert least == truth == most


@given(st.lists(VALUES, min_size=1), st.integers(-2, 5), LIMITS)
def test_a_limit_in_an_empty_bucket_is_exact(observed, schema, limit):
    width = 2.0 ** (2.0**-schema)
    apart = [value for value in observed if not limit / width <= abs(value) <= limit * width]
    total, least, most = counted([shown(0.0, []), shown(1.0, apart, schema)], limit)
    assert (total, least, most) == (len(apart), *[sum(value <= limit for value in apart)] * 2)


def test_buckets_that_merge_are_no_reset():
    before, now = shown(0.0, [0.4, 0.45, 0.55], 5), shown(1.0, [0.4, 0.45, 0.55, 0.7], -1)
    gain = gain_between(before, now, 0.5)
    assert (gain.total, gain.at_least, gain.at_most) == (1, 0, 1)
    assert (gain.below, gain.above) == (0.25, 1.0)


def test_buckets_that_fall_are_a_reset_though_there_are_more_events():
    gain = gain_between(shown(0.0, [0.1, 0.1]), shown(1.0, [0.1, 2.0, 2.0]), 0.5)
    assert (gain.total, gain.at_least, gain.at_most) == (3, 1, 1)


def test_what_is_no_number_is_no_good_event():
    sample = NativeSample.of(0.0, 3.0, [[0, "0.25", "0.5", "1"], [0, "4", "+Inf", "1"]])
    gain = gain_between(None, sample, 0.5)
    assert (gain.total, gain.at_least, gain.at_most) == (3, 1, 1)


def test_a_limit_that_was_rounded_otherwise_is_the_edge():
    sample = NativeSample.of(0.0, 1.0, [[0, "0.25", "0.29730177875068026", "1"]])
    for limit in (0.29730177875068015, 0.29730177875068026, 0.2973017787506804):
        assert gain_between(None, sample, limit).at_least == 1
    assert gain_between(None, sample, 0.2973).at_least == 0


def test_the_left_end_of_a_negative_bucket_is_in_it():
    sample = NativeSample.of(0.0, 2.0, [[1, "-2", "-1", "1"], [1, "-1", "-0.5", "1"]])
    gain = gain_between(None, sample, -1.0)
    assert (gain.at_least, gain.at_most) == (1, 2)


def test_a_sample_that_comes_again_changes_nothing():
    again = shown(1.0, [0.1, 0.6])
    assert counted([shown(0.0, []), again, again, shown(0.5, [0.1])], 0.5) == (2, 1, 1)


@pytest.mark.parametrize("rows", [(), []])
def test_no_bucket_at_all_is_no_event(rows):
    assert gain_between(None, NativeSample.of(0.0, 0.0, rows), 0.5).total == 0
