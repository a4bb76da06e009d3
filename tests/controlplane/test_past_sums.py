"""A past that is told later: every window is as if it had been counted all along."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from controlplane.counting import Counting
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from controlplane.store.past_sums import PastSums
from controlplane.store.tables import METADATA
from slo import parse_selectors

MINUTE = 60.0
BEGIN = 1_000_000 * MINUTE
SERIES = (("n", {}), ("m", {}))
GAINS = st.lists(st.integers(0, 9), min_size=12, max_size=24)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    opened = open_database("sqlite://")
    yield opened
    opened.dispose()


def opened(engine: Engine, now: float, *keys: str) -> Counting:
    counting = Counting(CountStore(engine), now=now)
    for key in keys:
        counting.define(key, parse_selectors(key), sources=["a"])
    return counting


def show(counting: Counting, value: float, at: float) -> None:
    counting.observe("a", SERIES, np.array([value, value]), started=None)
    counting.mark(at)


def save(engine: Engine, counting: Counting, at: float) -> None:
    with engine.begin() as connection:
        counting.save(connection, now=at)


def gained(counting: Counting, key: str, now: float, minutes: int) -> float:
    return counting.span([key], now=now, seconds=minutes * MINUTE).gained[key]


def whole(sums: np.ndarray, minutes: int) -> float:
    """What was gained in the last minutes, by the sums themselves."""
    return float(sums[-1] - sums[min(max(len(sums) - 1 - minutes, 0), len(sums) - 1)])


@settings(max_examples=40)
@given(GAINS, st.integers(2, 10), st.booleans(), st.booleans())
def test_windows_are_those_of_what_was_counted_all_along(engine, gains, late, saves, restarts):
    """One key is counted from the beginning, another from a later page on and told its past."""
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(table.delete())
    sums = np.cumsum([0, *gains]).astype(float)
    times = BEGIN + np.arange(len(sums)) * MINUTE
    counting = opened(engine, BEGIN, "n")
    for number, (at, value) in enumerate(zip(times.tolist(), sums.tolist(), strict=True)):
        if number == late:
            counting.define("m", parse_selectors("m"), sources=["a"])
        show(counting, value, at)
        if saves:
            save(engine, counting, at)
    counting.add_past({"m": PastSums(times=times, sums=sums)})
    now = float(times[-1])
    if restarts:
        counting = opened(engine, now, "n", "m")
    # What comes from the store is exact to the minute, and to what was saved.
    for minutes in range(len(sums)) if saves or not restarts else ():
        least, most = (whole(sums, minutes + off * restarts) for off in (-1, 1))
        assert least <= gained(counting, "m", now, minutes) <= most
        assert least <= gained(counting, "n", now, minutes) <= most
    assert gained(counting, "m", now, 10_000) == sums[-1]


def test_what_is_told_of_the_time_since_counting_began_is_passed_over(engine: Engine) -> None:
    counting = opened(engine, BEGIN + 10 * MINUTE, "fresh")
    counting.mark(BEGIN + 10 * MINUTE)
    times = BEGIN + np.arange(20) * MINUTE
    past = PastSums(times=times, sums=np.arange(20.0))
    counting.add_past({"fresh": past})
    counting.add_past({"fresh": past})
    assert counting.value("fresh") == 10.0


def test_a_past_that_cannot_be_saved_changes_nothing(engine: Engine) -> None:
    counting = opened(engine, BEGIN + 100 * MINUTE, "brittle")
    counting.mark(BEGIN + 100 * MINUTE)
    past = PastSums(times=np.array([BEGIN, BEGIN + MINUTE]), sums=np.array([0.0, 5.0]))

    def disk_is_full(_c: object, _u: object, statement: str, *_: object) -> None:
        if "count_minute" in statement:
            raise RuntimeError("the disk is full")

    event.listen(engine, "before_cursor_execute", disk_is_full)
    with pytest.raises(RuntimeError, match="disk is full"):
        counting.add_past({"brittle": past})
    event.remove(engine, "before_cursor_execute", disk_is_full)
    assert counting.value("brittle") == 0.0
    assert gained(counting, "brittle", BEGIN + 100 * MINUTE, 500) == 0.0
    counting.add_past({"brittle": past})
    assert counting.value("brittle") == 5.0


def test_pasts_that_begin_within_one_stretch_of_rows_are_told_one_after_another(
    engine: Engine,
) -> None:
    begin = BEGIN + 900_000 * MINUTE
    now = begin + 20_000 * MINUTE
    counting = opened(engine, now, "one", "two")
    counting.mark(now)
    for key, late in (("one", 1.0), ("two", 7.0)):
        times = begin + np.array([late, 10_000.0]) * MINUTE
        counting.add_past({key: PastSums(times=times, sums=np.array([0.0, 5.0]))})
    assert gained(counting, "one", now, 30_000) == gained(counting, "two", now, 30_000) == 5.0


def test_a_past_over_more_rows_than_are_read_at_once_is_in_each_of_them(engine: Engine) -> None:
    """Some rows are there and some are made; the statements stay few and small."""
    begin, minutes = BEGIN + 2_000_000 * MINUTE, 1_300
    counting = opened(engine, begin, "kept")
    for number in range(0, minutes, 2):
        counting.observe("a", (("kept", {}),), np.array([float(number)]), started=None)
        counting.mark(begin + number * MINUTE)
        save(engine, counting, begin + number * MINUTE)
    now = begin + minutes * MINUTE
    counting = opened(engine, now, "kept", "told")
    counting.mark(now)
    times = begin + np.arange(minutes) * MINUTE
    counting.add_past({"told": PastSums(times=times, sums=np.arange(float(minutes)))})
    save(engine, counting, now)
    counting = opened(engine, now, "kept", "told")
    for back in range(5, minutes - 5, 37):
        assert gained(counting, "told", now, back) == back - 1
        assert gained(counting, "kept", now, back) == pytest.approx(back - 1, abs=1)


def test_other_keys_stand_where_they_stood_in_rows_that_are_made(engine: Engine) -> None:
    """The plane was down for a while: rows made in that time must not take others to zero."""
    begin = BEGIN + 5_000 * MINUTE
    counting = opened(engine, begin, "old")
    for number, value in enumerate((0.0, 7.0)):
        counting.observe("a", (("old", {}),), np.array([value]), started=None)
        counting.mark(begin + number * MINUTE)
        save(engine, counting, begin + number * MINUTE)
    again = begin + 600 * MINUTE
    counting = opened(engine, again, "old", "new")
    counting.mark(again)
    times = begin + np.arange(0, 600, 5) * MINUTE
    counting.add_past({"new": PastSums(times=times, sums=np.arange(120.0))})
    save(engine, counting, again)
    counting = opened(engine, again, "old", "new")
    assert gained(counting, "old", again, 300) == 0.0
    assert gained(counting, "old", again, 5_000) == 7.0
    assert gained(counting, "new", again, 300) == 119.0 - 60.0
