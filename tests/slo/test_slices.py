"""Slices of time, counted as time passes and over a past, against slices cut by hand."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import (
    Budgeting,
    CountHistory,
    InvalidObjective,
    Ledger,
    Method,
    SlicePart,
    SliceRule,
    parse_selectors,
    sliced,
)
from slo.budgeting import SCALE

STEPS = st.lists(
    st.tuples(st.integers(1, 150), st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=40
)
METHODS = st.sampled_from(
    [
        Budgeting(method=Method.TIMESLICES, length=timedelta(minutes=1), target=0.75),
        Budgeting(method=Method.RATIO_TIMESLICES, length=timedelta(minutes=1)),
    ]
)
SERIES = [("n", {"code": "ok"}), ("n", {"code": "bad"})]


def by_hand(steps, budgeting: Budgeting) -> tuple[int, int]:
    """Put each page's events into its minute, and judge every minute that is over."""
    now, minutes = 0, {}
    for number, (seconds, good, bad) in enumerate(steps):
        now += seconds
        found = minutes.setdefault(now // 60, [0, 0])
        if number:  # what the first page shows happened before
            found[0], found[1] = found[0] + good, found[1] + bad
    good_worth = all_worth = 0
    for minute, (good, bad) in minutes.items():
        if minute < now // 60 and good + bad:
            share = good / (good + bad)
            sliced_share = round(share * SCALE) if budgeting.unit == SCALE else share >= 0.75
            good_worth += sliced_share
            all_worth += budgeting.unit
    return good_worth, all_worth


@given(STEPS, METHODS, st.booleans(), st.integers(0, 40))
def test_slices_are_those_cut_by_hand_through_a_restart(steps, budgeting, by_bad, restart):
    part = SlicePart(part="part", total="total", by_bad=by_bad, target=budgeting.target)
    rule = SliceRule(parts=(part,), good="good", all="all", budgeting=budgeting)

    def defined(ledger: Ledger) -> Ledger:
        ledger.define("part", parse_selectors(f'n{{code="{"bad" if by_bad else "ok"}"}}'))
        ledger.define("total", parse_selectors("n"))
        ledger.slices.define(rule)
        return ledger

    ledger, now, counters = defined(Ledger()), 0, np.zeros(2)
    for number, (seconds, good, bad) in enumerate(steps):
        if number == restart:
            ledger = defined(Ledger.restore(ledger.snapshot()))
        now, counters = now + seconds, counters + np.array([good, bad])
        ledger.observe("a", SERIES, counters, started=None, watched_since=0.0)
        ledger.slices.pass_time(float(now), ledger.sums)
    assert (ledger.value("good"), ledger.value("all")) == by_hand(steps, budgeting)


@given(STEPS, METHODS)
def test_a_past_is_cut_into_the_same_slices(steps, budgeting):
    times = np.cumsum([step[0] for step in steps]).astype(float)
    gains = np.array([(0, 0), *((step[1], step[2]) for step in steps[1:])])
    good, bad = gains.cumsum(axis=0).T
    history = CountHistory(times=times, bad=bad, total=good + bad)
    found = sliced([history], budgeting, [(1.0, budgeting.target)])
    good_worth, all_worth = by_hand(steps, budgeting)
    assert found.total[-1] == all_worth
    assert found.total[-1] - found.bad[-1] == good_worth
    assert all(np.diff(found.times) > 0.0)


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=2)])
def test_slices_that_cannot_be_counted_are_refused(length):
    with pytest.raises(InvalidObjective, match="between a second and a day"):
        Budgeting(method=Method.TIMESLICES, length=length, target=0.9)
