"""Burn rates of many SLOs at once are those of each by itself."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from controlplane.burn_table import BurnTable, begin_of, look_of_budget
from controlplane.counting import Counting
from controlplane.promise import Promise, make_promise
from controlplane.slo_evaluation import begin_counting, counts_within, evaluate_promise
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from slo import (
    Budgeting,
    CalendarWindow,
    CompositeSli,
    Method,
    Objective,
    Part,
    RatioSli,
    Rule,
    SloSpec,
    burn_rate,
    parse_selectors,
)

NOW = 1_767_225_600.0
SOURCES = frozenset({"a"})
NAMES = ("all", "bad", "good", "other")
BAD = RatioSli(total=parse_selectors("all"), bad=parse_selectors("bad"))
GOOD = RatioSli(total=parse_selectors("all"), good=parse_selectors("good"))
ODD = RatioSli(total=parse_selectors("bad"), bad=parse_selectors("all"))
"""More bad events than there are events."""

WEIGHTS = CompositeSli(
    rule=Rule.WEIGHTS,
    parts=(Part(name="x", sli=BAD, weight=1.5), Part(name="y", sli=GOOD, weight=1.0)),
)
DAYS = timedelta(days=2)
MONTH = CalendarWindow(count=1, unit="M", start=datetime(2025, 1, 1), zone="Asia/Tokyo")
SLICES = Budgeting(method=Method.TIMESLICES, length=timedelta(minutes=1), target=0.9)


def spec(name: str, sli: RatioSli | CompositeSli, **more: object) -> SloSpec:
    fields = {"objective": Objective(target=0.99, window=DAYS), **more}
    return SloSpec(name=name, service="s", description="", sli=sli, labels={}, **fields)


SPECS = (
    spec("by-bad", BAD),
    spec("by-good", GOOD),
    spec("odd", ODD),
    spec("weights", WEIGHTS),
    spec("slices", BAD, budgeting=SLICES),
    spec("month", GOOD, objective=Objective(target=0.9, window=timedelta(days=30), calendar=MONTH)),
    spec("week", BAD, objective=Objective(target=0.999, window=timedelta(days=7))),
    spec("idle", RatioSli(total=parse_selectors("none"), bad=parse_selectors("none"))),
)


def promises() -> list[Promise]:
    return [make_promise(each, sources=[], interval_seconds=30.0) for each in SPECS]


def counted(made: list[Promise]) -> Counting:
    """Count three days: those of long ago by the minute, those of just now in memory."""
    engine = open_database("sqlite://")
    counting = Counting(CountStore(engine), now=NOW - 3 * 86_400)
    for promise in made:
        assert begin_counting(promise, counting, [], sources=SOURCES) == ""
    rng, values = np.random.default_rng(3), np.zeros(len(NAMES))
    series = [(name, {}) for name in NAMES]
    for back in (*np.arange(3 * 86_400, 3_600, -1_800), *np.arange(3_600, -1, -30)):
        values += rng.poisson((40.0, 2.0, 37.0, 1.0))
        counting.observe("a", series, values, started=None)
        counting.mark(NOW - float(back))
        if back > 3_600:
            with engine.begin() as connection:
                counting.save(connection, now=NOW - float(back))
    return counting


@pytest.mark.parametrize("late", [0.0, 17.5])
def test_each_is_what_it_is_by_itself(late: float) -> None:
    made = promises()
    counting, now = counted(made), NOW + late
    looks = [
        (promise, length.total_seconds())
        for promise in made
        for rule in promise.rules
        for length in (rule.long, rule.short)
    ]
    budgets = [(promise, look_of_budget(promise)) for promise in made]
    table = BurnTable((*looks, *budgets), counting.sums.columns)
    found = table.burns(counting, now=now)
    alone = {
        (promise.slo.name, look): burn_rate(
            counts_within(promise, counting, now=now, seconds=now - begin_of(look, now)),
            promise.slo.objective,
        )
        for promise, look in (*looks, *budgets)
    }
    assert {
        pair: None if np.isnan(found[place]) else found[place]
        for pair, place in table.places.items()
    } == alone
    assert len([rate for rate in alone.values() if rate]) > len(alone) / 2
    for promise, look in budgets:
        left = evaluate_promise(promise, counting, now=now).budget.remaining_ratio
        burn = found[table.places[promise.slo.name, look]]
        assert (None if np.isnan(burn) else 1.0 - burn) == left


def test_what_is_not_counted_yet_has_none() -> None:
    (promise, *_) = made = promises()
    counting = Counting(CountStore(open_database("sqlite://")), now=NOW)
    table = BurnTable([(promise, 60.0)], counting.sums.columns)
    assert np.isnan(table.burns(counting, now=NOW)).tolist() == [True]
    counting = counted(made[1:2])
    table = BurnTable([(promise, 60.0), (made[1], 60.0)], counting.sums.columns)
    assert np.isnan(table.burns(counting, now=NOW)).tolist() == [True, False]


def test_nobody_has_none() -> None:
    counting = Counting(CountStore(open_database("sqlite://")), now=NOW)
    assert BurnTable((), counting.sums.columns).burns(counting, now=NOW).tolist() == []
