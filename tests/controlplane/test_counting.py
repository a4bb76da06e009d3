from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from controlplane.counting import Counting
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from slo import Selector

SERIES = (("requests_total", {"code": "200"}),)
SELECTORS = (Selector(name="requests_total"),)


@pytest.fixture
def engine() -> Iterator[Engine]:
    opened = open_database("sqlite://")
    yield opened
    opened.dispose()


def opened(engine: Engine, now: float) -> Counting:
    counting = Counting(CountStore(engine), now=now)
    counting.define("all", SELECTORS, sources=["a", "b"])
    return counting


def observe(counting: Counting, value: float, *, at: float, source: str = "a") -> None:
    counting.observe(source, SERIES, np.array([value]), started=0.0)
    counting.mark(at)


def save(engine: Engine, counting: Counting, at: float) -> None:
    with engine.begin() as connection:
        counting.save(connection, now=at)


def test_what_was_defined_is_known_until_it_is_undefined(engine: Engine) -> None:
    counting = opened(engine, 100.0)
    assert counting.defines("all")
    counting.undefine("all")
    assert not counting.defines("all")


def test_a_fleet_is_the_sum_over_its_targets(engine: Engine) -> None:
    counting = opened(engine, 100.0)
    for source, values in (("a", (5.0, 8.0)), ("b", (100.0, 101.0))):
        for at, value in enumerate(values):
            observe(counting, value, at=100.0 + at, source=source)
    assert counting.value("all") == 4.0
    assert counting.by_source("all") == {"a": 3.0, "b": 1.0}


def test_a_window_that_reaches_back_before_the_beginning_says_how_much_it_saw(
    engine: Engine,
) -> None:
    counting = opened(engine, 100.0)
    observe(counting, 5.0, at=100.0)
    observe(counting, 9.0, at=110.0)
    span = counting.span(["all"], now=110.0, seconds=3600.0)
    assert (span.gained["all"], span.covered_seconds) == (4.0, 10.0)


def test_a_recent_window_is_exact_to_the_scrape(engine: Engine) -> None:
    counting = opened(engine, 100.0)
    for second in range(10):
        observe(counting, float(second), at=100.0 + second)
    span = counting.span(["all"], now=109.0, seconds=4.0)
    assert (span.gained["all"], span.covered_seconds) == (4.0, 4.0)


def test_after_a_restart_the_past_comes_from_the_store(engine: Engine) -> None:
    counting = opened(engine, 0.0)
    for minute in range(5):
        observe(counting, 10.0 * minute, at=60.0 * minute)
        save(engine, counting, 60.0 * minute)
    again = opened(engine, 300.0)
    observe(again, 100.0, at=300.0)
    assert again.value("all") == 100.0
    span = again.span(["all"], now=300.0, seconds=120.0)
    assert (span.gained["all"], span.covered_seconds) == (80.0, 120.0)


def test_a_value_that_no_counter_can_have_is_told_and_passed_over(engine: Engine) -> None:
    counting = opened(engine, 100.0)
    observe(counting, 5.0, at=100.0)
    seen = counting.observe("a", SERIES, np.array([-1.0]), started=0.0)
    assert seen.refused == 1
    observe(counting, 6.0, at=101.0)
    assert counting.value("all") == 1.0


def test_what_a_cloud_tells_late_is_counted_as_of_then(engine: Engine) -> None:
    def told(counting: Counting, value: float, *, of: float) -> None:
        counting.observe("a", SERIES, np.array([value]), started=None, stamps=np.array([of]))

    def periodic(now: float) -> Counting:
        found = Counting(CountStore(engine), now=now)
        found.define("all", SELECTORS, sources=["a"], periodic=True)
        return found

    counting = periodic(100.0)
    for minute in range(1, 21):
        now = 100.0 + 60.0 * minute
        if minute > 10:  # ten minutes late, and each twice
            told(counting, 7.0, of=now - 600.0)
            told(counting, 7.0, of=now - 600.0)
        counting.mark(now)
        with engine.begin() as connection:
            counting.save(connection, now=now)
    now = 1300.0
    assert counting.value("all") == 70.0
    assert counting.span(["all"], now=now, seconds=600.0).gained["all"] == 0.0
    assert counting.span(["all"], now=now, seconds=900.0).gained["all"] == 35.0
    again = periodic(now)
    told(again, 7.0, of=700.0)  # counted before the restart
    told(again, 5.0, of=760.0)  # what the page still shows is not lost
    assert again.value("all") == 75.0
    assert again.span(["all"], now=now, seconds=902.0).gained["all"] == 47.0


@pytest.fixture(scope="module")
def shared() -> Iterator[Engine]:
    """A database that stays empty."""
    database = open_database("sqlite://")
    yield database
    database.dispose()


@settings(deadline=None)
@given(gains=st.lists(st.integers(0, 1000), min_size=2, max_size=30), cut=st.integers(0, 29))
def test_windows_add_up_wherever_they_are_cut(shared: Engine, gains: list[int], cut: int) -> None:
    counting, total = opened(shared, 0.0), 0
    for second, gain in enumerate([0, *gains]):
        total += gain
        observe(counting, float(total), at=float(second))
    now, cut = float(len(gains)), min(cut, len(gains))
    whole = counting.span(["all"], now=now, seconds=now).gained["all"]
    late = counting.span(["all"], now=now, seconds=float(cut)).gained["all"]
    assert whole == sum(gains)
    assert late == sum(gains[len(gains) - cut :])
