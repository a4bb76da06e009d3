import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.errors import InvalidConfig
from controlplane.recorded.series import Asked, from_series
from slo import RawSeries, parse_selectors

ERRORS = Asked(bad=parse_selectors('r{code=~"5.."}'), total=parse_selectors("r"))


def series(name, values, times=None, **labels):
    times = np.arange(len(values)) * 15.0 + 1000.0 if times is None else np.array(times, float)
    return RawSeries(
        name=name,
        labels=labels,
        source=f"/{labels.get('instance', '')}",
        times=times,
        values=np.array(values, dtype=float),
    )


def rows(found, arm="canary", metric=0):
    return getattr(found.recording.metrics[metric], arm).counts[:, 0].tolist()


def pair(instance, good, bad):
    return [
        series("r", good, instance=instance, code="200"),
        series("r", bad, instance=instance, code="500"),
    ]


BASELINE = pair("b", [0, 100, 200, 300], [0, 1, 2, 3])


def test_increments_between_two_scrapes_are_counted() -> None:
    found = from_series(pair("c", [10, 20, 40, 50], [0, 1, 1, 4]), BASELINE, ERRORS)
    assert rows(found) == [[11, 1], [20, 0], [13, 3]]
    assert rows(found, "baseline") == [[101, 1]] * 3
    assert found.recording.metrics[0].canary.replicas == ("c",)
    assert found.recording.side_by_side
    assert found.notes == ()


def test_a_counter_that_falls_drops_its_interval_and_no_other() -> None:
    found = from_series(pair("c", [10, 20, 5, 9], [3, 4, 1, 1]), BASELINE, ERRORS)
    assert rows(found) == [[11, 1], [0, 0], [4, 0]]
    assert (
        found.notes
        == ("errors: 1 of 6 intervals are left out, for a counter fell or was missing at one end.",)
        or "1 of 3" in found.notes[0]
    )


def test_a_series_that_appears_later_began_at_zero() -> None:
    late = [
        series("r", [10, 20, 30, 40], instance="c", code="200"),
        series("r", [2, 3], times=[1030, 1045], instance="c", code="500"),
    ]
    assert rows(from_series(late, BASELINE, ERRORS)) == [[10, 0], [12, 2], [11, 1]]


def test_a_series_that_is_missing_at_one_end_is_no_data() -> None:
    holed = [
        series("r", [10, 20, 30, 40], instance="c", code="200"),
        series("r", [1, 1, 1], times=[1000, 1030, 1045], instance="c", code="500"),
    ]
    assert rows(from_series(holed, BASELINE, ERRORS)) == [[0, 0], [0, 0], [10, 0]]


def test_a_missing_scrape_makes_the_next_interval_longer() -> None:
    holed = [series("r", [10, 30, 40], times=[1000, 1030, 1045], instance="c", code="200")]
    assert rows(from_series(holed, BASELINE, ERRORS)) == [[0, 0], [20, 0], [10, 0]]


def test_what_is_no_number_is_no_sample() -> None:
    strange = [series("r", [10, np.nan, 30, np.inf], instance="c", code="200")]
    assert rows(from_series(strange, BASELINE, ERRORS)) == [[0, 0], [20, 0], [0, 0]]


def test_periods_apart_are_put_beside_each_other_and_it_is_said() -> None:
    later = [series("r", [0, 10, 20], times=[9000, 9015, 9030], instance="c", code="200")]
    found = from_series(later, BASELINE, ERRORS)
    assert not found.recording.side_by_side
    assert "not cancelled" in found.notes[0]
    assert found.recording.ends.tolist() == [15.0, 30.0, 45.0]
    assert rows(found) == [[10, 0], [10, 0], [0, 0]]


def buckets(instance, *columns, edges=("0.1", "1", "+Inf")):
    return [
        series("h_bucket", list(column), instance=instance, le=edge)
        for edge, column in zip(edges, zip(*columns, strict=True), strict=True)
    ]


HISTOGRAM = Asked(histograms=parse_selectors("h"))


def test_buckets_become_requests_slower_than_their_edge() -> None:
    found = from_series(
        buckets("c", (0, 0, 0), (4, 9, 10), (8, 18, 20)),
        buckets("b", (0, 0, 0), (5, 9, 10), (10, 18, 20)),
        HISTOGRAM,
    )
    assert found.recording.metrics[0].metric.edges == (0.1, 1.0)
    assert rows(found) == [[10, 6, 1], [10, 6, 1]]
    assert rows(found, "baseline") == [[10, 5, 1], [10, 5, 1]]


def test_only_edges_that_all_share_are_compared() -> None:
    found = from_series(
        buckets("c", (0, 0, 0), (4, 9, 10)),
        buckets("b", (0, 0, 0), (5, 9, 10), edges=("0.10", "2", "+Inf")),
        HISTOGRAM,
    )
    assert found.recording.metrics[0].metric.edges == (0.1,)
    assert "other buckets; 1 are shared" in found.notes[0]
    with pytest.raises(InvalidConfig, match="No bucket of x"):
        from_series(buckets("c", (0, 0, 0), (4, 9, 10)), [], Asked(histograms=parse_selectors("x")))


def test_an_arm_that_falls_silent_is_told() -> None:
    long = pair("b", list(range(0, 4000, 100)), [0] * 40)
    found = from_series(pair("c", [10, 20, 30], [0, 0, 0]), long, ERRORS)
    assert found.recording.side_by_side
    assert found.notes == (
        "The canary's data end 555 s before the other arm's. If that was meant, cut the time.",
    )
    assert found.recording.seen_until == 30.0


def test_an_arm_without_series_has_no_replica() -> None:
    found = from_series([], BASELINE, ERRORS)
    assert found.recording.metrics[0].canary.replicas == ()
    assert len(found.recording.ends) == 3


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 5), st.sampled_from("wwwwrm")), min_size=1
    )
)
def test_what_is_counted_is_what_happened_in_whole_intervals(steps) -> None:
    """Scrapes go well (w), are missed (m), or come after a restart (r)."""
    good, bad, times, shown, wanted, since = 0, 0, [1000.0], [(0, 0)], [0, 0], [0, 0]
    for number, (more, failed, how) in enumerate(steps, start=1):
        if how == "r":
            lost = good + bad > 0
            good, bad, since = 0, 0, [0, 0]
        good, bad = good + more, bad + failed
        since = [since[0] + more + failed, since[1] + failed]
        if how == "m":
            continue
        fell = good < shown[-1][0] or bad < shown[-1][1]
        if how == "r" and lost and not fell:
            return  # a restart that no counter can show is beyond what can be told
        times.append(1000.0 + 15 * number)
        shown.append((good, bad))
        if not fell:
            wanted = [wanted[0] + since[0], wanted[1] + since[1]]
        since = [0, 0]
    columns = [
        series("r", values, times, instance="c", code=code)
        for code, values in zip(("200", "500"), zip(*shown, strict=True), strict=True)
    ]
    found = from_series(columns, BASELINE, ERRORS)
    got = found.recording.metrics[0].canary.counts.sum(axis=(0, 1)).tolist()
    assert got == wanted
