"""The bet, against an exact enumeration of Fisher's noncentral hypergeometric law."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nchypergeom_fisher

from canary_analysis.evidence import (
    ODDS,
    UNIT,
    Table,
    expected_events,
    log_growth,
    mixed,
    place_bet,
)

DESIGNS = [(n, total, k) for n, total in ((1, 6), (5, 20), (20, 40), (30, 40)) for k in (1, 4, 6)]
COUNTS = st.integers(0, 200)


def table(canary_above, canary_total, baseline_above, baseline_total):
    return Table(
        canary_above=np.asarray(canary_above),
        canary_total=np.asarray(canary_total),
        baseline_above=np.asarray(baseline_above),
        baseline_total=np.asarray(baseline_total),
    )


def outcomes(arm, total, events):
    """Every table with these margins, and its count in the arm."""
    seen = np.arange(max(0, arm + events - total), min(arm, events) + 1)
    return seen, table(seen, arm, events - seen, total - arm)


@pytest.mark.parametrize("odds", [0.5, 1.0, 1.2, 1.5, 2.0, 5.0])
@pytest.mark.parametrize(("arm", "total", "events"), DESIGNS)
def test_the_expected_count_is_never_below_the_exact_mean(arm, total, events, odds):
    exact = nchypergeom_fisher(total, events, arm, odds).mean()
    ours = float(expected_events(np.array(arm), np.array(total), np.array(events), odds))
    assert ours >= exact - 1e-9
    assert ours <= exact * 1.12 + 1e-9


@pytest.mark.parametrize("turn", [False, True], ids=["straight", "turned"])
@pytest.mark.parametrize("margin", [0.5, 1.0, 1.2, 1.5, 2.0])
@pytest.mark.parametrize(("arm", "total", "events"), DESIGNS)
def test_the_stake_never_grows_in_expectation_while_the_margin_holds(
    arm, total, events, margin, turn
):
    seen, tables = outcomes(arm, total, events)
    bets = place_bet(tables.turned_where(np.full(len(seen), turn)), odds=margin)
    payoffs = np.exp(log_growth(bets))
    for truth in (margin, margin / 2.0):
        chance = nchypergeom_fisher(total, events, arm, truth).pmf(seen)
        assert (chance @ payoffs <= 1.0 + 1e-6).all()


@pytest.mark.parametrize(("arm", "total", "events"), DESIGNS[3:])
def test_the_stake_grows_when_the_canary_is_far_beyond_the_margin(arm, total, events):
    seen, tables = outcomes(arm, total, events)
    payoffs = mixed(log_growth(place_bet(tables, odds=1.0)))
    chance = nchypergeom_fisher(total, events, arm, 20.0).pmf(seen)
    assert chance @ payoffs > 1.0


@pytest.mark.parametrize("turn", [False, True], ids=["straight", "turned"])
def test_more_bad_requests_on_the_canary_are_more_evidence_on_either_side(turn):
    _, tables = outcomes(40, 100, 30)
    bets = place_bet(tables.turned_where(np.full(31, turn)), odds=1.5)
    assert (np.diff(mixed(log_growth(bets))) > 0).all()


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param((0, 50, 0, 150), id="no event at all"),
        pytest.param((0, 0, 0, 0), id="no request at all"),
        pytest.param((50, 50, 150, 150), id="every request is an event"),
        pytest.param((7, 50, 0, 0), id="no baseline"),
        pytest.param((0, 0, 7, 150), id="no canary"),
    ],
)
def test_an_interval_that_cannot_tell_changes_nothing(counts):
    one = table(*([value] for value in counts))
    assert mixed(log_growth(place_bet(one, odds=1.0))) == pytest.approx(1.0, abs=1e-4)


@given(
    st.lists(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS), min_size=1, max_size=6),
    st.sampled_from([0.5, 1.0, 1.5]),
)
def test_evidence_of_sums_is_never_above_the_product_over_intervals(rows, odds):
    bets = [place_bet(table([a], [a + b], [c], [c + d]), odds=odds) for a, b, c, d in rows]
    together = log_growth(np.sum(bets, axis=0))
    assert (together <= sum(log_growth(bet) for bet in bets) + 1e-6).all()


def test_intervals_with_the_same_margins_lose_nothing_by_being_summed():
    bet = place_bet(table([3], [100], [4], [300]), odds=1.5)
    assert log_growth(bet * 7) == pytest.approx(7 * log_growth(bet))


@given(st.permutations(range(5)))
def test_whole_numbers_make_the_order_of_intervals_irrelevant(order):
    bets = [place_bet(table([i], [90 + i], [2], [301]), odds=1.5) for i in range(5)]
    shuffled = sum(bets[i] for i in order)
    assert (shuffled == sum(bets)).all()


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_turning_a_table_keeps_its_odds_ratio_and_turns_back(a, b, c, d):
    one = table([a], [a + b], [c], [c + d])
    turned = one.turned()
    assert turned.canary_above * turned.baseline_total.sum() >= 0
    twice = turned.turned()
    assert (twice.canary_above, twice.baseline_above) == ([a], [c])
    cross = a * d, c * b
    other = (
        int(turned.canary_above[0] * (turned.baseline_total - turned.baseline_above)[0]),
        int(turned.baseline_above[0] * (turned.canary_total - turned.canary_above)[0]),
    )
    assert other == (cross[0], cross[1])


def test_the_closed_form_is_what_the_docstring_says():
    bet = place_bet(table([5], [200], [3], [600]), odds=1.0)
    by_hand = [r**5 / (1 + 0.25 * (r - 1)) ** 8 for r in ODDS]
    assert np.exp(log_growth(bet))[0] == pytest.approx(by_hand)
    assert bet[:, 0].tolist() == [5 * UNIT, 8, 2 * UNIT]


def test_swapped_arms_are_judged_by_the_inverse_margin():
    for x, y in product((0, 3, 9), (2, 8)):
        bet = place_bet(table([x], [100], [y], [100]).swapped(), odds=0.5)
        same = place_bet(table([y], [100], [x], [100]), odds=0.5)
        assert (bet == same).all()
