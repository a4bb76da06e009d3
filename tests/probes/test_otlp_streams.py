from collections import defaultdict

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes import otlp_streams
from probes.otlp import Point, read_points
from probes.otlp_streams import QUIET_SECONDS, Streams
from tests.probes.otlp_requests import DELTA, counter, histogram, request

SINCE = 1000.0
SANDBOXES = ("a", "b")
NAME = "faas_invocations_total"


def read(*metrics, instance="a", **resource) -> tuple[Point, ...]:
    (pushed,) = read_points(request(*metrics, service_instance_id=instance, **resource))
    return pushed.points


def totals(streams: Streams) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for (name, labels), value in zip(streams.series, streams.values.tolist(), strict=True):
        found[name + (f"/{labels['le']}" if "le" in labels else "")] += value
    return dict(found)


@pytest.fixture
def streams() -> Streams:
    return Streams(since=SINCE)


def cumulative(value, at, start=1001.0, **more):
    return read(counter(value, at=at, start=start), **more)


def test_a_stream_that_began_after_watching_counts_from_zero(streams):
    assert not streams.take(cumulative(5, 1010.0), now=1010.0)
    assert not streams.take(cumulative(8, 1020.0), now=1020.0)
    assert totals(streams) == {NAME: 8.0}


def test_a_stream_that_began_before_counts_from_what_it_showed_first(streams):
    streams.take(cumulative(500, 1010.0, start=10.0), now=1010.0)
    assert totals(streams) == {NAME: 0.0}
    streams.take(cumulative(503, 1020.0, start=10.0), now=1020.0)
    assert totals(streams) == {NAME: 3.0}


def test_a_restart_counts_from_zero_even_if_the_counter_is_higher(streams):
    streams.take(cumulative(5, 1010.0), now=1010.0)
    streams.take(cumulative(7, 1020.0, start=1015.0), now=1020.0)
    assert totals(streams) == {NAME: 12.0}


def test_the_last_word_of_a_process_counts_after_the_first_of_the_next(streams):
    streams.take(cumulative(5, 1010.0), now=1010.0)
    streams.take(cumulative(1, 1020.0, start=1015.0), now=1020.0)
    assert not streams.take(cumulative(6, 1014.0), now=1021.0)
    assert totals(streams) == {NAME: 7.0}


def test_a_counter_that_does_not_say_when_it_began_restarts_by_falling(streams):
    for value, at in ((5, 1010.0), (8, 1020.0), (2, 1030.0), (3, 1040.0)):
        streams.take(cumulative(value, at, start=0.0), now=at)
    assert totals(streams) == {NAME: 3.0 + 2.0 + 1.0}


def test_two_processes_that_push_as_one_are_told_so(streams):
    streams.take(cumulative(50, 1010.0), now=1010.0)
    ((reason, count),) = streams.take(cumulative(3, 1011.0), now=1011.0).items()
    assert "service.instance.id" in reason
    assert count == 1
    streams.take(cumulative(51, 1020.0), now=1020.0)
    assert totals(streams) == {NAME: 51.0}


def test_sandboxes_are_added_up_in_one_series(streams):
    for number in range(100):
        streams.take(cumulative(2, 1010.0, instance=f"s{number}"), now=1010.0)
    assert len(streams) == 100
    assert streams.series == ((NAME, {"job": "iris"}),)
    assert streams.values.tolist() == [200.0]


def test_a_histogram_counts_in_each_of_its_buckets(streams):
    for at, counts in ((1010.0, (1, 1, 0)), (1020.0, (1, 2, 1))):
        streams.take(read(histogram(*counts, at=at, start=1001.0, total=at)), now=at)
    streams.take(read(histogram(3, 0, 0, at=1025.0, temporality=DELTA, total=0.5)), now=1025.0)
    family = "faas_invoke_duration_seconds"
    assert totals(streams) == {
        f"{family}_bucket/0.1": 4.0,
        f"{family}_bucket/1": 6.0,
        f"{family}_bucket/+Inf": 7.0,
        f"{family}_sum": 1020.5,
        f"{family}_count": 7.0,
    }


def test_a_sum_of_observations_that_falls_is_not_added_twice(streams):
    for at, total in ((1010.0, 5.0), (1020.0, 4.0), (1030.0, 6.0)):
        counts = (int(at), 0, 0)
        streams.take(read(histogram(*counts, at=at, start=1001.0, total=total)), now=at)
    assert totals(streams)["faas_invoke_duration_seconds_sum"] == 6.0


def test_an_attribute_called_le_does_not_disturb_a_histogram(streams):
    streams.take(read(histogram(1, 0, 0, at=1010.0, start=1001.0, le="x")), now=1010.0)
    assert totals(streams)["faas_invoke_duration_seconds_bucket/0.1"] == 1.0
    assert reopened(streams, 1020.0).series == streams.series


def test_deltas_are_added_and_a_second_delivery_is_not(streams):
    first = read(counter(5, at=1010.0, start=1005.0, temporality=DELTA))
    second = read(counter(4, at=1020.0, start=1010.0, temporality=DELTA))
    assert not streams.take((*first, *second), now=1020.0)
    ((reason, count),) = streams.take((*first, *second), now=1021.0).items()
    assert "late" in reason
    assert count == 2
    assert totals(streams) == {NAME: 9.0}


def test_what_happened_before_watching_or_lies_ahead_is_refused(streams):
    old = read(counter(5, at=999.0, temporality=DELTA))
    assert "older than watching" in next(iter(streams.take(old, now=1010.0)))
    ahead = read(counter(5, at=2000.0, temporality=DELTA))
    assert "ahead" in next(iter(streams.take(ahead, now=1010.0)))
    assert not streams.series


def test_quiet_streams_are_folded_and_their_counts_stay(streams):
    for number in range(10):
        streams.take(cumulative(2, 1010.0, instance=f"s{number}"), now=1010.0)
    later = 1011.0 + QUIET_SECONDS
    streams.take(cumulative(1, later, start=later - 1.0, instance="new"), now=later)
    assert len(streams) == 1
    assert totals(streams) == {NAME: 21.0}


def test_a_folded_stream_that_wakes_is_not_counted_twice(streams):
    streams.take(cumulative(5, 1010.0), now=1010.0)
    later = 1011.0 + QUIET_SECONDS
    ((reason, _),) = streams.take(cumulative(5, 1010.0), now=later).items()
    assert "folded" in reason
    streams.take(cumulative(6, later), now=later)
    streams.take(cumulative(9, later + 1.0), now=later + 1.0)
    assert totals(streams) == {NAME: 8.0}  # the sixth came while nobody could tell


def test_there_is_an_end_to_streams_and_series(streams, monkeypatch):
    monkeypatch.setattr(otlp_streams, "MAX_STREAMS", 2)
    monkeypatch.setattr(otlp_streams, "MAX_SERIES", 2)
    rejected = streams.take(
        [
            *cumulative(1, 1010.0, instance="a"),
            *read(histogram(1, 0, 0, at=1010.0, start=1001.0)),
            *cumulative(1, 1010.0, instance="b"),
            *cumulative(1, 1010.0, instance="c"),
        ],
        now=1010.0,
    )
    assert [count for _, count in sorted(rejected.items())] == [1, 1]
    assert totals(streams) == {NAME: 2.0}


def test_what_was_worked_out_may_be_forgotten(streams, monkeypatch):
    monkeypatch.setattr(otlp_streams, "MAX_SERIES", 6)
    for at in (1010.0, 1020.0):
        for number in range(6):
            point = read(counter(1, at=at, start=1001.0, temporality=DELTA, n=number))
            assert not streams.take(point, now=at)
    one_bucket = read(histogram(at=1010.0, edges=()), instance="x")
    assert streams.take(one_bucket, now=1030.0)
    assert totals(streams) == {NAME: 12.0}


def reopened(streams: Streams, now: float, saved: dict | None = None) -> Streams:
    """Save what changed, as JSON, and read everything that was saved."""
    saved = {} if saved is None else saved
    for key, row in orjson.loads(orjson.dumps(streams.changes())).items():
        saved.pop(key, None)
        if row is not None:
            saved[key] = row
    streams.forget_changes()
    return Streams.restore(saved, now=now)


def test_only_what_changed_is_saved(streams):
    streams.take(cumulative(5, 1010.0), now=1010.0)
    assert len(streams.changes()) == 3
    streams.forget_changes()
    streams.take(cumulative(5, 1010.0), now=1011.0)
    assert not streams.changes()
    streams.take(cumulative(7, 1020.0), now=1020.0)
    assert sorted(key.partition("/")[0] for key in streams.changes()) == ["series", "stream"]


def test_while_nobody_listened_nobody_was_quiet(streams):
    streams.take(cumulative(5, 1010.0), now=1010.0)
    later = 1010.0 + 9 * QUIET_SECONDS
    again = reopened(streams, later)
    assert not again.take(cumulative(7, later), now=later)
    assert totals(again) == {NAME: 7.0}


def test_series_are_the_same_object_until_one_is_added(streams):
    streams.take(cumulative(5, 1010.0), now=1010.0)
    before = streams.series
    streams.take(cumulative(7, 1020.0), now=1020.0)
    assert streams.series is before
    streams.take(cumulative(7, 1020.0, service_version="2"), now=1020.0)
    assert streams.series[: len(before)] == before


@st.composite
def histories(draw) -> list[Point]:
    """What some sandboxes push: cumulative with restarts, or delta; sent twice, lost, shuffled."""
    sent: list[Point] = []
    for sandbox in SANDBOXES:
        delta, at, start, value = draw(st.booleans()), 1001, 1001, 0
        for _ in range(draw(st.integers(0, 8))):
            gained, step = draw(st.integers(0, 9)), draw(st.integers(1, 5))
            if draw(st.integers(0, 3)) == 0:
                start, value = at, 0
            at, value = at + step, value + gained
            metric = (
                counter(gained, at=at, start=at - step, temporality=DELTA)
                if delta
                else counter(value, at=at, start=start)
            )
            sent += read(metric, instance=sandbox)
    again = draw(st.lists(st.sampled_from(sent), max_size=5)) if sent else []
    return draw(st.permutations([*sent, *again]))


def oracle(points: list[Point]) -> float:
    """Add up slowly, looking at all that was sent before each point."""
    total = 0.0
    for place, point in enumerate(points):
        same = [before for before in points[:place] if before.stream == point.stream]
        if any(before.at >= point.at for before in same):
            continue
        shown = max((before.values[0] for before in same), default=0.0)
        total += point.values[0] - (shown if point.cumulative else 0.0)
    return total


@given(histories(), st.data())
def test_any_history_is_counted_as_the_slow_oracle_counts_it(points, data):
    streams, saved, rejected = Streams(since=SINCE), {}, 0
    rest, now = points, 1100.0
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        batch, rest = rest[:size], rest[size:]
        rejected += sum(streams.take(batch, now=now).values())
        if data.draw(st.booleans()):
            streams = reopened(streams, now, saved)
    assert sum(totals(streams).values()) == oracle(points)
    lives = {point.stream for point in points if point.cumulative}
    whole = sum(max(p.values[0] for p in points if p.stream == life) for life in lives)
    assert sum(totals(streams).values()) >= whole or any(not p.cumulative for p in points)
    assert not streams.take(points, now=now).keys() - {otlp_streams.LATE}, "again changes nothing"
    assert sum(totals(streams).values()) == oracle(points)
    assert rejected <= len(points)


@given(histories())
def test_folding_never_counts_twice(points):
    streams, now = Streams(since=SINCE), 1100.0
    for point in points:
        now += QUIET_SECONDS * 0.6
        streams.take([point, *points[:1]], now=now)
    assert sum(totals(streams).values()) <= oracle([points[0], *points] if points else [])
