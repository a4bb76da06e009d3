"""When which target is scraped."""

from collections import defaultdict
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controlplane.scrape_schedule import ScrapeSchedule

NAMES = st.sets(st.integers(0, 60).map(str), min_size=1)


def scraped(
    schedule: ScrapeSchedule, *, until: float, start: float = 0.0
) -> dict[str, list[float]]:
    """Walk from due moment to due moment, as the loop does."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    now = start
    while now <= until:
        for due in schedule.due(now):
            for name in due.names:
                times[name].append(due.at)
        now = schedule.next_at() or until + 1
    return times


@given(NAMES, NAMES, st.sampled_from([1.0, 2.5, 5.0]), st.integers(1, 7))
def test_a_target_keeps_its_pace_whatever_comes_and_goes(first, second, interval, size):
    schedule = ScrapeSchedule(group_size=size)
    schedule.fit(dict.fromkeys(first, interval), now=0.0)
    before = scraped(schedule, until=20.0)
    schedule.fit(dict.fromkeys(second, interval), now=20.0)
    after = scraped(schedule, until=40.0, start=20.0)
    assert set(before) == first
    assert set(after) == second
    for name in first & second:
        steps = [later - earlier for earlier, later in pairwise(before[name] + after[name])]
        assert all(abs(step - interval) < 1e-9 for step in steps)


def test_groups_have_a_size_and_fill_the_interval_evenly():
    schedule = ScrapeSchedule(group_size=25)
    schedule.fit({str(number): 5.0 for number in range(200)}, now=0.0)
    times = scraped(schedule, until=4.999)
    phases = sorted({moment for (moment,) in times.values()})
    assert phases == [0.0, 0.625, 1.25, 1.875, 2.5, 3.125, 3.75, 4.375]
    assert all(sum(t == [phase] for t in times.values()) == 25 for phase in phases)


def test_what_was_missed_is_skipped_and_the_phase_stays():
    schedule = ScrapeSchedule()
    schedule.fit({"a": 5.0}, now=0.0)
    assert [due.at for due in schedule.due(0.0)] == [0.0]
    assert [due.at for due in schedule.due(17.0)] == [5.0]
    assert schedule.next_at() == 20.0


def test_another_interval_is_another_group_and_nobody_is_nothing():
    schedule = ScrapeSchedule()
    schedule.fit({"a": 1.0, "b": 5.0}, now=0.0)
    assert sorted(due.names for due in schedule.due(0.0)) == [("a",), ("b",)]
    schedule.fit({"a": 5.0, "b": 5.0}, now=1.0)
    assert [due.names for due in schedule.due(5.0)] == [("b", "a")]
    schedule.fit({}, now=6.0)
    assert schedule.next_at() is None
