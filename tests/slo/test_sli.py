"""What counts as good."""

import pytest

from slo import Counts, LatencySli, NoSuchEdge, RatioSli, parse_selectors
from slo.errors import InvalidCounts

LATENCY = LatencySli(histogram=parse_selectors('seconds{model="m"}')[0], limit=0.25)


def test_no_traffic_is_not_health():
    assert Counts(good=0, total=0).error_ratio is None
    assert Counts(good=3, total=4).error_ratio == 0.25
    assert Counts(good=3, total=4).bad == 1


@pytest.mark.parametrize(("good", "total"), [(2, 1), (-1, 1), (0, -1)])
def test_counts_that_cannot_be_are_refused(good, total):
    with pytest.raises(InvalidCounts, match="0 <= good <= total"):
        Counts(good=good, total=total)


def test_a_latency_limit_is_the_bucket_that_ends_there():
    found = LATENCY.resolve(["0.1", "0.25", "+Inf"])
    assert str(found) == 'good seconds_bucket{model="m",le="0.25"} of seconds_count{model="m"}'


def test_one_edge_written_in_two_ways_is_one_bucket():
    found = LATENCY.resolve(["0.250", "0.25", "2.5e-1"])
    assert [{m.label: m.value for m in good.matchers}["le"] for good in found.good] == [
        "0.25",
        "0.250",
        "2.5e-1",
    ]


@pytest.mark.parametrize(
    ("edges", "advice"),
    [
        pytest.param(
            ["0.1", "0.5", "+Inf"],
            r'No bucket of seconds\{model="m"\} ends at 0.25. Use one of 0.1, 0.5, inf.',
            id="the edges that there are",
        ),
        pytest.param(["x", "NaN"], "none was seen yet", id="edges that are no numbers"),
        pytest.param([], "none was seen yet", id="no page yet"),
    ],
)
def test_a_limit_between_edges_is_refused_with_the_edges(edges, advice):
    with pytest.raises(NoSuchEdge, match=advice):
        LATENCY.resolve(edges)


def test_of_many_edges_the_neighbours_are_told_as_they_are_written():
    edges = [repr(2.0 ** (i / 8)) for i in range(-96, 97)]
    near = parse_selectors("seconds")[0]
    with pytest.raises(NoSuchEdge) as refusal:
        LatencySli(histogram=near, limit=0.3).resolve([*edges, "+Inf"])
    assert str(refusal.value) == (
        "No bucket of seconds ends at 0.3. Use 0.29730177875068026 or 0.32421, "
        "the nearest of 194, or trimtab.dev/between-edges: bound."
    ).replace("0.32421", repr(2.0 ** (-13 / 8)))
    counted = LatencySli(histogram=near, limit=0.29730177875068026).resolve(edges)
    assert str(counted).startswith('good seconds_bucket{le="0.29730177875068026"}')
    with pytest.raises(NoSuchEdge, match=r"Use 0\.000244140625, the nearest of 193"):
        LatencySli(histogram=near, limit=0.0001).resolve(edges)


def test_an_sli_reads_like_a_sentence():
    bad, total = parse_selectors('r{code="500"}'), parse_selectors("r + s")
    assert str(RatioSli(bad=bad, total=total)) == 'bad r{code="500"} of r + s'
    assert str(LATENCY) == 'seconds{model="m"} within 0.25'
