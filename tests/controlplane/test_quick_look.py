"""The quick look at an SLO must never miss what the full evaluation would find."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.counting import Counting
from controlplane.promise import make_promise
from controlplane.promise_book import PromiseBook
from controlplane.quick_look import QuickLook
from controlplane.slo_evaluation import begin_counting, evaluate_promise
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from slo import Objective, RatioSli, Selector, SloSpec

SERIES = (("all_total", {}), ("part_total", {}))
SOURCES = frozenset({"a"})
STEPS = st.lists(
    st.tuples(st.integers(1, 900), st.integers(0, 500), st.integers(0, 50)), min_size=1, max_size=25
)
ENGINE = open_database("sqlite://")


def spec(*, by_bad: bool, target: float) -> SloSpec:
    part = (Selector(name="part_total"),)
    total = (Selector(name="all_total"),)
    sli = RatioSli(total=total, bad=part) if by_bad else RatioSli(total=total, good=part)
    objective = Objective(target=target, window=timedelta(days=1))
    return SloSpec(name="x", service="s", description="", objective=objective, sli=sli, labels={})


@settings(max_examples=60)
@given(STEPS, st.booleans(), st.sampled_from([0.9, 0.99, 0.999]))
def test_what_fires_was_seen_coming(steps, by_bad, target):
    counting = Counting(CountStore(ENGINE), now=0.0)
    promise = make_promise(spec(by_bad=by_bad, target=target), sources=[], interval_seconds=1.0)
    look = QuickLook(PromiseBook([promise]))
    begin_counting(promise, counting, [], sources=SOURCES)
    now, total, part = 0.0, 0, 0
    counting.observe("a", SERIES, np.array([0.0, 0.0]), started=None)
    counting.mark(now)
    for seconds, more, bad in steps:
        now, total = now + seconds, total + more
        part += min(bad, more) if by_bad else more - min(bad, more)
        counting.observe("a", SERIES, np.array([float(total), float(part)]), started=None)
        counting.mark(now)
        decisions = evaluate_promise(promise, counting, now=now).decisions.values()
        if any(decision.firing for decision in decisions):
            assert look.suspects(counting, now=now) == [promise]


def test_an_slo_that_is_not_counted_yet_is_no_suspect_and_is_one_once_it_is_bad():
    counting = Counting(CountStore(open_database("sqlite://")), now=0.0)
    promise = make_promise(spec(by_bad=True, target=0.9), sources=[], interval_seconds=1.0)
    look = QuickLook(PromiseBook([promise]))
    assert look.suspects(counting, now=0.0) == []
    begin_counting(promise, counting, [], sources=SOURCES)
    for now, count in enumerate((0.0, 50.0)):
        counting.observe("a", SERIES, np.array([count, count]), started=None)
        counting.mark(float(now))
    assert look.suspects(counting, now=1.0) == [promise]


def test_pasts_that_only_the_store_knows_are_looked_at_too():
    engine = open_database("sqlite://")
    promise = make_promise(spec(by_bad=True, target=0.9), sources=[], interval_seconds=1.0)

    def opened(now: float) -> Counting:
        counting = Counting(CountStore(engine), now=now)
        counting.define("another", (Selector(name="x"),), sources=SOURCES)
        begin_counting(promise, counting, [], sources=SOURCES)
        return counting

    first = opened(0.0)
    for now, count in ((0.0, 0.0), (30.0, 500.0)):
        first.observe("a", SERIES, np.array([count, count]), started=None)
        first.mark(now)
        with engine.begin() as connection:
            first.save(connection, now=now)
    later = opened(20_000.0)
    later.observe("a", SERIES, np.array([900.0, 500.0]), started=None)
    later.mark(20_000.0)
    look = QuickLook(PromiseBook([promise]))
    # All failures lie further back than any short window reaches.
    assert look.suspects(later, now=20_000.0) == []
    later.observe("a", SERIES, np.array([1_000.0, 600.0]), started=None)
    later.mark(20_001.0)
    assert look.suspects(later, now=20_001.0) == [promise]
