"""SLOs of several parts, counted page by page and over a past, against events added up by hand."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.counting import Counting
from controlplane.promise import Promise, make_promise
from controlplane.slo_evaluation import begin_counting, evaluate_promise
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from controlplane.store.past_sums import PastSums
from slo import (
    Budgeting,
    CompositeSli,
    LatencySli,
    Method,
    Objective,
    Part,
    RatioSli,
    RawSeries,
    Rule,
    Selector,
    SloSpec,
    count_spec,
    parse_selectors,
)
from slo.budgeting import SCALE

NAMES = ("first_total", "first_bad", "second_total", "second_good")
SERIES = tuple((name, {}) for name in NAMES)
FIRST = RatioSli(total=parse_selectors(NAMES[0]), bad=parse_selectors(NAMES[1]))
SECOND = RatioSli(total=parse_selectors(NAMES[2]), good=parse_selectors(NAMES[3]))
STEP = 20.0
EVENTS = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (max(pair), min(pair)))
"""All and bad events of one part between two pages."""
HISTORIES = st.lists(st.tuples(EVENTS, EVENTS), min_size=1, max_size=20)


def promised(rule: Rule, budgeting: Budgeting = Budgeting(), weight: float = 1.5) -> Promise:  # noqa: B008 -- frozen
    target = 0.9 if budgeting.method is Method.TIMESLICES else 0.0
    parts = (
        Part(name="first", sli=FIRST, weight=weight, slice_target=target),
        Part(name="second", sli=SECOND, slice_target=target),
    )
    spec = SloSpec(
        name="both",
        service="chat",
        description="",
        objective=Objective(target=0.9, window=timedelta(days=1)),
        sli=CompositeSli(parts=parts, rule=rule),
        labels={},
        budgeting=budgeting,
    )
    return make_promise(spec, sources=[], interval_seconds=STEP)


def counters(history) -> np.ndarray:
    gains = [(a, b, c, c - d) for (a, b), (c, d) in history]
    return np.cumsum([(0, 0, 0, 0), *gains], axis=0).astype(float)


def counted(promise: Promise, history, restart: int | None = None) -> tuple[int, int]:
    """Return bad and all as the ledger has them, once a restart has come in between."""
    engine = open_database("sqlite://")
    counting = Counting(CountStore(engine), now=0.0)
    for number, values in enumerate(counters(history)):
        if number == restart:
            with engine.begin() as connection:
                counting.save(connection, now=number * STEP)
            counting = Counting(CountStore(engine), now=number * STEP)
        begin_counting(promise, counting, [], sources=frozenset({"a"}))
        counting.observe("a", SERIES, values, started=None)
        counting.mark(number * STEP)
    found = evaluate_promise(promise, counting, now=number * STEP).budget.counts
    return found.bad, found.total


def replayed(promise: Promise, history) -> tuple[int, int]:
    """Return the same out of raw samples."""
    times = np.arange(len(history) + 1) * STEP
    series = [
        RawSeries(name=name, labels={}, source="a", times=times, values=values)
        for name, values in zip(NAMES, counters(history).T, strict=True)
    ]
    found = count_spec(promise.slo, [FIRST, SECOND], series)
    return int(found.bad[-1]), int(found.total[-1])


@settings(max_examples=40)
@given(HISTORIES, st.integers(0, 20))
def test_events_that_any_part_can_spoil_are_those_of_the_first(history, restart):
    promise = promised(Rule.ANY)
    events = sum(first[0] for first, _ in history)
    bad = sum(first[1] + second[1] for first, second in history)
    assert replayed(promise, history) == (bad, events)
    assert counted(promise, history, restart) == (min(bad, events), events)


@settings(max_examples=40)
@given(HISTORIES, st.integers(0, 20))
def test_events_of_their_own_are_added_by_weight(history, restart):
    promise = promised(Rule.WEIGHTS)
    bad = sum(3 * first[1] + 2 * second[1] for first, second in history)
    events = sum(3 * first[0] + 2 * second[0] for first, second in history)
    assert counted(promise, history, restart) == replayed(promise, history) == (bad, events)
    assert promise.gate.unit == 3


def by_hand(history, method: Method) -> tuple[int, int]:
    """Judge every minute that is over by the parts that had traffic in it."""
    minutes: dict[int, np.ndarray] = {}
    for number, (first, second) in enumerate(history, 1):
        minutes.setdefault(int(number * STEP // 60), np.zeros((2, 2)))
        minutes[int(number * STEP // 60)] += np.array([first, second])
    good = worth = 0
    for minute, parts in minutes.items():
        shares = [
            (1 - bad / all_, w) for (all_, bad), w in zip(parts, (1.5, 1.0), strict=True) if all_
        ]
        if minute == int(len(history) * STEP // 60) or not shares:
            continue
        if method is Method.TIMESLICES:
            good, worth = good + all(share >= 0.9 for share, _ in shares), worth + 1
        else:
            mean = sum(share * w for share, w in shares) / sum(w for _, w in shares)
            good, worth = good + mean * SCALE, worth + SCALE
    return good, worth


@pytest.mark.parametrize("method", [Method.TIMESLICES, Method.RATIO_TIMESLICES])
@settings(max_examples=40)
@given(HISTORIES, st.integers(0, 20))
def test_slices_are_judged_by_every_part_that_has_traffic(method, history, restart):
    budgeting = Budgeting(method=method, length=timedelta(minutes=1))
    promise = promised(Rule.WEIGHTS, budgeting)
    good, worth = by_hand(history, method)
    for bad, total in (counted(promise, history, restart), replayed(promise, history)):
        assert total == worth
        assert total - bad == pytest.approx(good, abs=len(history))


CHANGES = st.dictionaries(
    st.integers(1, 19), st.sampled_from(["any", "weights", "plain", "restart"])
)
WORTH = {"any": (1, 0, 1, 1), "weights": (3, 2, 3, 2), "plain": (1, 0, 1, 0)}
"""What an event of each part adds to all events, and a bad one of each to the bad ones."""


def made_as(kind: str) -> Promise:
    if kind != "plain":
        return promised(Rule(kind))
    whole = promised(Rule.ANY)
    return make_promise(replace(whole.slo, sli=FIRST), sources=[], interval_seconds=STEP)


@settings(max_examples=40)
@given(HISTORIES, CHANGES)
def test_what_was_counted_stays_whatever_it_is_made_of_next_and_whenever_it_begins_anew(
    history, changes
):
    """With its next page a change begins; a restart loses nothing, also before its first page."""
    engine = open_database("sqlite://")
    counting, promise, worth = Counting(CountStore(engine), now=0.0), made_as("any"), WORTH["any"]
    bad = total = 0
    fresh = True
    for number, values in enumerate(counters(history)):
        change = changes.get(number)
        if change == "restart":
            with engine.begin() as connection:
                counting.save(connection, now=number * STEP)
            counting = Counting(CountStore(engine), now=number * STEP)
            counting.mark(number * STEP)
        elif change is not None and promise != made_as(change):
            for key in promise.stored_keys:
                counting.stop(key)
            promise, worth, fresh = made_as(change), WORTH[change], True
        before = evaluate_promise(promise, counting, now=number * STEP).budget.counts
        assert (before.bad, before.total) == (min(bad, total), total)
        begin_counting(promise, counting, [], sources=frozenset({"a"}))
        counting.observe("a", SERIES, values, started=None)
        counting.mark(number * STEP)
        if not fresh:
            total += sum(
                step[0] * w for step, w in zip(history[number - 1], worth[:2], strict=True)
            )
            bad += sum(step[1] * w for step, w in zip(history[number - 1], worth[2:], strict=True))
        fresh = False
    found = evaluate_promise(promise, counting, now=number * STEP).budget.counts
    assert (found.bad, found.total) == (min(bad, total), total)


@settings(max_examples=40)
@given(HISTORIES)
def test_a_past_of_slices_is_counted_once_through_restarts(history):
    engine, began = open_database("sqlite://"), 10_000 * 60.0
    budgeting = Budgeting(method=Method.TIMESLICES, length=timedelta(minutes=1))
    promise = promised(Rule.WEIGHTS, budgeting)
    counting = Counting(CountStore(engine), now=began)
    for number, values in enumerate(counters(history)):
        begin_counting(promise, counting, [], sources=frozenset({"a"}))
        counting.observe("a", SERIES, values, started=None)
        counting.mark(began + number * STEP)
    now, slices = began + number * STEP, counting.value(promise.total_key)
    past = PastSums(times=np.array([began - 600.0, began - 300.0]), sums=np.array([0.0, 5.0]))
    counting.add_past(dict.fromkeys(promise.keys, past))
    for _ in range(2):
        assert counting.value(promise.total_key) == slices + 5.0
        with engine.begin() as connection:
            counting.save(connection, now=now)
        counting = Counting(CountStore(engine), now=now)


def test_a_part_whose_edge_is_not_there_is_told():
    slow = Part(name="slow", sli=LatencySli(histogram=Selector(name="seconds"), limit=0.3))
    promise = promised(Rule.ANY)
    sli = replace(promise.slo.sli, parts=(*promise.slo.sli.parts, slow))
    promise = replace(promise, slo=replace(promise.slo, sli=sli))
    counting = Counting(CountStore(open_database("sqlite://")), now=0.0)
    why = begin_counting(promise, counting, [], sources=frozenset({"a"}))
    assert "No bucket of seconds ends at 0.3" in why
    assert not counting.defines(promise.total_key)
