"""Late starts, against a slow ledger that forgets nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_analysis.evidence import Table, log_growth, mixed, place_bet
from canary_analysis.ledger import MOST_STRETCHES, Ledger

STARTS = 30
NO_NOISE = np.ones(1)


def bet(x, y):
    counts = (np.array([[v]]) for v in (x, 500, y, 1500))
    names = ("canary_above", "canary_total", "baseline_above", "baseline_total")
    return place_bet(Table(**dict(zip(names, counts, strict=True))), odds=1.5)


def run(events, step=60.0):
    ledger = Ledger.empty(1)
    for number, (x, y) in enumerate(events, start=1):
        ledger = ledger.at(number * step, spacing=120.0, starts=STARTS).add(bet(x, y))
    return ledger


def slow_evidence(events, step=60.0):
    """Every start is kept and every interval stays alone."""
    gains = [log_growth(bet(x, y))[0, 0] for x, y in events]
    begins, last = [], 0.0
    for number in range(1, len(events) + 1):
        if number * step >= last + 120.0:
            last = number * step
            begins.append(number - 1)
    values = [mixed(np.sum(gains[begin:], axis=0)) for begin in begins[:STARTS]]
    rest = 1.0 - len(values) / STARTS
    late = sum(values) / STARTS + rest
    return 0.75 * mixed(np.sum(gains, axis=0)) + 0.25 * late


def test_nothing_counted_is_an_even_bet():
    assert Ledger.empty(2).evidence(np.ones(2), starts=STARTS).tolist() == [[1.0, 1.0]]


def test_a_short_ledger_equals_the_slow_one():
    events = [(1, 2), (0, 3), (4, 1), (5, 0), (2, 2)]
    ours = run(events).evidence(NO_NOISE, starts=STARTS)[0, 0]
    assert ours == pytest.approx(slow_evidence(events), rel=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=45))
def test_a_long_ledger_is_never_above_the_slow_one(events):
    ours = run(events).evidence(NO_NOISE, starts=STARTS)[0, 0]
    assert ours <= slow_evidence(events) * (1 + 1e-6)


def test_stretches_stay_few_recent_ones_stay_fine_and_no_count_is_lost():
    ledger = run([(1, 2)] * 59)
    assert len(ledger.opened) == MOST_STRETCHES
    assert ledger.opened[0] == 0
    assert ledger.opened[-1] - ledger.opened[-2] == 120_000
    assert ledger.sums[:, :, 0, 0].sum(axis=1).tolist() == (59 * bet(1, 2)[:, 0, 0]).tolist()


def test_late_trouble_is_found_sooner_than_from_the_start_alone():
    events = [(1, 4)] * 30 + [(12, 4)] * 3
    ledger = run(events)
    late = ledger.evidence(NO_NOISE, starts=STARTS)[0, 0]
    assert late > 100.0 > ledger.evidence_from_start(NO_NOISE)[0]


def test_no_start_is_placed_after_the_horizon():
    ledger = Ledger.empty(1)
    for number in range(1, 20):
        ledger = ledger.at(number * 120.0, spacing=120.0, starts=4)
    assert ledger.started == 4


def test_a_new_replica_left_out_leaves_what_everyone_had():
    ledger = run([(3, 1), (5, 2)]).with_slots(2)
    everyone, first, second = ledger.evidence(NO_NOISE, starts=STARTS, slots=slice(None))[:, 0]
    assert everyone == first == second
    assert ledger.with_slots(0) is ledger


def test_replica_noise_divides_the_log_of_each_bet():
    ledger = Ledger.empty(1).add(bet(9, 3))
    grown = log_growth(bet(9, 3))[0, 0]
    assert ledger.evidence_from_start(np.array([2.0]))[0] == pytest.approx(mixed(grown / 2.0))
