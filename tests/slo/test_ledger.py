"""The ledger, held against a slow one that reads every page from the beginning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import Ledger, Selector, parse_selectors

WATCHED_SINCE = 1_000.0
OLD = WATCHED_SINCE - 500.0
ALL, GOOD = parse_selectors("requests"), parse_selectors('requests{code="200"}')


class Server:
    """Shows counters by code, in an order that it likes; the layout object is kept while it may."""

    def __init__(self, ledger: Ledger, *, name: str = "a", started: float | None = OLD) -> None:
        self.ledger, self.name, self.started = ledger, name, started
        self._series: tuple[tuple[str, dict[str, str]], ...] = ()

    def shows(self, name: str = "requests", **counts: float):
        series = tuple((name, {"code": code.removeprefix("c")}) for code in counts)
        if series != self._series:
            self._series = series
        return self.ledger.observe(
            self.name,
            self._series,
            np.array(list(counts.values()), dtype=float),
            started=self.started,
            watched_since=WATCHED_SINCE,
        )


@pytest.fixture
def ledger() -> Ledger:
    found = Ledger()
    found.define("all", ALL)
    found.define("good", GOOD)
    return found


def test_the_first_page_is_where_counting_begins(ledger):
    server = Server(ledger)
    server.shows(c200=100, c500=7)
    assert ledger.values() == {"all": 0.0, "good": 0.0}
    server.shows(c200=103, c500=8)
    assert ledger.values() == {"all": 4.0, "good": 3.0}


def test_a_process_that_began_while_we_watched_counts_whole(ledger):
    Server(ledger, started=WATCHED_SINCE + 60).shows(c200=9)
    assert ledger.value("all") == 9.0


def test_a_process_that_does_not_say_when_it_began_counts_from_its_first_page(ledger):
    Server(ledger, started=None).shows(c200=9)
    assert ledger.value("all") == 0.0


def test_the_first_error_ever_is_counted(ledger):
    server = Server(ledger)
    server.shows(c200=100)
    server.shows(c200=100, c500=37)
    assert ledger.value("all") == 37.0


def test_a_series_that_went_away_and_came_back_goes_on(ledger):
    server = Server(ledger)
    server.shows(c200=100, c500=5)
    server.shows(c200=100)
    server.shows(c200=100, c500=6)
    assert ledger.value("all") == 1.0


def test_a_restart_is_seen_by_the_start_time_though_no_counter_fell(ledger):
    server = Server(ledger)
    server.shows(c200=100, c500=5)
    server.started = WATCHED_SINCE + 60
    seen = server.shows(c200=130, c500=5)
    assert seen.resets == 3  # by tally: two codes in one, one of them in the other
    assert ledger.value("all") == 135.0


def test_a_series_that_was_away_during_a_restart_counts_from_zero(ledger):
    server = Server(ledger)
    server.shows(c200=100, c500=5)
    server.started = WATCHED_SINCE + 60
    server.shows(c200=1)
    server.shows(c200=1, c500=8)
    assert ledger.value("all") == 9.0


def test_a_start_time_that_trembles_is_no_restart(ledger):
    server = Server(ledger)
    server.shows(c200=100)
    server.started = OLD + 0.01
    assert server.shows(c200=101).resets == 0
    assert ledger.value("all") == 1.0


def test_a_late_tally_begins_with_its_next_page_even_on_a_young_process(ledger):
    server = Server(ledger, started=WATCHED_SINCE + 60)
    server.shows(c200=100)
    ledger.define("late", ALL)
    server.shows(c200=150)
    assert ledger.value("late") == 0.0
    server.shows(c200=151)
    assert ledger.value("late") == 1.0


def test_a_tally_with_more_selectors_goes_on_from_its_sum(ledger):
    server = Server(ledger)
    server.shows(c200=100, c500=50)
    server.shows(c200=101, c500=51)
    ledger.define("good", (*GOOD, *parse_selectors('requests{code="500"}')))
    server.shows(c200=102, c500=52)
    assert ledger.value("good") == 2.0
    server.shows(c200=103, c500=53)
    assert ledger.value("good") == 4.0


def test_a_tally_that_was_dropped_begins_anew(ledger):
    server = Server(ledger)
    server.shows(c200=100)
    server.shows(c200=110)
    ledger.undefine("all")
    ledger.undefine("never defined")
    server.shows(c200=120)
    assert ledger.value("all") == 0.0
    ledger.define("all", ALL)
    server.shows(c200=130)
    server.shows(c200=131)
    assert ledger.value("all") == 1.0
    assert ledger.value("good") == 31.0


def test_a_value_that_no_counter_can_have_is_told_and_passed_over(ledger):
    server = Server(ledger)
    assert server.shows(c200=float("nan")).refused == 2  # it feeds two tallies
    assert b"NaN" not in ledger.snapshot()
    server.shows(c200=1_000)
    assert ledger.value("all") == 0.0
    server.shows(c200=1_001)
    assert ledger.value("all") == 1.0


def test_a_tally_may_be_of_some_sources_only(ledger):
    ledger.define("of b", ALL, sources=["b"])
    ledger.define("of none", ALL, sources=[])
    for name in "ab":
        server = Server(ledger, name=name)
        server.shows(c200=1)
        server.shows(c200=3)
    assert ledger.by_source("all") == {"a": 2.0, "b": 2.0}
    assert ledger.by_source("of b") == {"b": 2.0}
    assert ledger.by_source("of none") == {}


def test_a_definition_repeated_changes_nothing(ledger):
    server = Server(ledger)
    server.shows(c200=1)
    ledger.define("all", ALL)
    server.shows(c200=2)
    assert ledger.value("all") == 1.0


def test_an_old_snapshot_recovers_the_gap_exactly(ledger):
    server = Server(ledger)
    server.shows(c200=100)
    server.shows(c200=110)
    saved = ledger.snapshot()
    server.shows(c200=150)  # lost with the crash
    restored = Ledger.restore(saved)
    restored.define("all", ALL)
    assert restored.value("all") == 10.0
    Server(restored).shows(c200=175, c500=2)
    assert restored.value("all") == 77.0


def test_a_definition_changed_over_a_restart_does_not_count_the_past(ledger):
    Server(ledger).shows(c200=100, c500=50)
    restored = Ledger.restore(ledger.snapshot())
    restored.define("good", ALL)
    server = Server(restored)
    server.shows(c200=101, c500=60)
    assert restored.value("good") == 1.0
    server.shows(c200=101, c500=61)
    assert restored.value("good") == 2.0


class SlowSource:
    """All pages of one source, read again from the first whenever a sum is asked for."""

    def __init__(self) -> None:
        self.pages: list[tuple[dict[str, int], float]] = []

    def total(self, wanted: set[str]) -> int:
        total, last, before = 0, {}, None
        for number, (counts, started) in enumerate(self.pages):
            if before is not None and started > before:
                last = {}
            for code in wanted & counts.keys():
                value, previous = counts[code], last.get(code, 0)
                baseline = number == 0 and started <= WATCHED_SINCE
                gain = value - previous if value >= previous else value
                total += 0 if baseline else gain
                last[code] = value
            before = started
        return total


CODES = ["200", "404", "500"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("count"), st.sampled_from(CODES), st.integers(0, 50)),
        st.tuples(st.just("scrape"), st.just(""), st.integers(0, 7)),
        st.tuples(
            st.sampled_from(["restart", "silent restart", "save", "crash"]), st.just(""), st.just(0)
        ),
    ),
    max_size=40,
)


class World:
    """A server that counts, restarts and hides series; a ledger that is saved and crashes."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.started = OLD
        self.slow = SlowSource()
        self.ledger = self._define(Ledger())
        self._saved = (self.ledger.snapshot(), 0)

    @staticmethod
    def _define(ledger: Ledger) -> Ledger:
        ledger.define("all", (Selector(name="requests"),))
        ledger.define("bad", parse_selectors('requests{code=~"4..|5.."}'))
        return ledger

    def take(self, step: str, code: str, amount: int) -> None:
        match step:
            case "count":
                self.counts[code] = self.counts.get(code, 0) + amount
            case "scrape":
                self._scrape(hidden=amount)
            case "restart":
                self.counts, self.started = {}, self.started + 100.0
            case "silent restart":
                self.counts = dict.fromkeys(self.counts, 0)
            case "save":
                self._saved = (self.ledger.snapshot(), len(self.slow.pages))
            case "crash":
                snapshot, pages = self._saved
                self.ledger = self._define(Ledger.restore(snapshot))
                del self.slow.pages[pages:]

    def _scrape(self, *, hidden: int) -> None:
        shown = {c: n for c, n in self.counts.items() if hidden & 4 or CODES.index(c) != hidden}
        self.slow.pages.append((shown, self.started))
        series = tuple(("requests", {"code": code}) for code in shown)
        self.ledger.observe(
            "a",
            series,
            np.array(list(shown.values()), dtype=float),
            started=self.started,
            watched_since=WATCHED_SINCE,
        )


@given(STEPS)
def test_the_ledger_counts_what_the_slow_one_counts(steps):
    world = World()
    for step in steps:
        world.take(*step)
        assert world.ledger.value("all") == world.slow.total(set(CODES))
        assert world.ledger.value("bad") == world.slow.total({"404", "500"})
