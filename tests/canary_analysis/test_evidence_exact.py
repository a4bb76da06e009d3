"""E[e] <= 1, by exact enumeration of Fisher's noncentral hypergeometric law over a grid of designs.

Without a margin the claim is exact. At a margin the mean of the law has no closed form; Cornfield's
root with a bound of the variance put in is never below it (`test_evidence` checks the mean itself),
so the claim holds there, too. The tolerance is what floats lose in a sum of 190 terms.
"""

from itertools import product

import numpy as np
import pytest
from scipy.stats import nchypergeom_fisher

from canary_analysis.error_counts import clip_bursts
from canary_analysis.evidence import ODDS, Table, log_growth, mixed, place_bet

ROUNDING = 1e-9
ARMS = ((1, 6), (3, 12), (10, 200), (50, 200), (100, 200), (150, 200), (20, 2000), (500, 2000))
EVENTS = (1, 2, 5, 20, 80, 190)
DESIGNS = [(n, total, k) for (n, total), k in product(ARMS, EVENTS) if k < total]
MARGINS = (1.0, 0.2, 0.5, 0.8, 1.2, 1.5, 2.0, 5.0, 20.0)
INNOCENCE = (1.0, 0.95, 0.7, 0.3, 0.05)
"""True odds ratios, as parts of the margin: the canary is within it."""


def tables(arm, total, events):
    """Every table with these margins, and its count in the arm."""
    seen = np.arange(max(0, arm + events - total), min(arm, events) + 1)
    whole = np.full(len(seen), arm), np.full(len(seen), total - arm)
    return seen, Table(
        canary_above=seen,
        canary_total=whole[0],
        baseline_above=events - seen,
        baseline_total=whole[1],
    )


@pytest.mark.parametrize("margin", MARGINS)
def test_no_bet_grows_in_expectation_while_the_canary_is_within_the_margin(margin):
    most = 0.0
    for design in DESIGNS:
        seen, every = tables(*design)
        for turn in (False, True):
            bets = place_bet(every.turned_where(np.full(len(seen), turn)), odds=margin)
            payoffs = np.exp(log_growth(bets))
            for part in INNOCENCE:
                n, total, k = design
                chance = nchypergeom_fisher(total, k, n, margin * part).pmf(seen)
                assert chance.sum() == pytest.approx(1.0, abs=1e-9)
                most = max(most, float((chance @ payoffs).max()))
    assert most <= 1.0 + ROUNDING
    assert most > 0.9  # the grid is not so easy that any bet would pass


@pytest.mark.parametrize("margin", [1.0, 1.5])
def test_neither_does_the_whole_stake_nor_one_that_is_cut(margin):
    for n, total, k in DESIGNS:
        seen, every = tables(n, total, k)
        bets = place_bet(every, odds=margin)
        chance = nchypergeom_fisher(total, k, n, margin).pmf(seen)
        assert chance @ mixed(log_growth(bets)) <= 1.0 + ROUNDING
        assert chance @ mixed(log_growth(clip_bursts(bets, 2.0))) <= 1.0 + ROUNDING


SHORT = [(2, 7, 3), (5, 9, 4), (1, 12, 5), (6, 8, 2)]
"""Intervals whose load, share and rate have nothing in common."""


@pytest.mark.parametrize("margin", [1.0, 1.5])
def test_over_all_looks_the_limit_is_reached_at_most_that_often(margin):
    """Ville's inequality on every path of four intervals, added up as the ledger adds them."""
    paths = [(1.0, 0.0, 1.0)]
    for n, total, k in SHORT:
        seen, every = tables(n, total, k)
        bets = place_bet(every, odds=margin)
        chance = nchypergeom_fisher(total, k, n, margin).pmf(seen)
        steps = [(p, bets[:, i]) for i, p in enumerate(chance)]
        paths = [
            (before * p, sums + bet, max(most, float(mixed(log_growth(sums + bet)))))
            for before, sums, most in paths
            for p, bet in steps
        ]
    chances, most = np.array([p for p, *_ in paths]), np.array([each[2] for each in paths])
    last = np.array([float(mixed(log_growth(sums))) for _, sums, _ in paths])
    assert chances.sum() == pytest.approx(1.0)
    assert chances @ last <= 1.0 + ROUNDING
    for alpha in (0.5, 0.2, 0.05, 0.01):
        assert chances[most >= 1.0 / alpha].sum() <= alpha
    assert chances[most >= 2.0].sum() > 0.0


def test_a_canary_beyond_the_margin_makes_the_best_bet_grow():
    """The other side of it: what cannot lose must be able to win."""
    for n, total, k in ((50, 200, 20), (100, 200, 80), (500, 2000, 20)):
        seen, every = tables(n, total, k)
        payoffs = np.exp(log_growth(place_bet(every, odds=1.5)))
        chance = nchypergeom_fisher(total, k, n, 6.0).pmf(seen)
        assert (chance @ payoffs).max() > 2.0
    assert len(ODDS) == payoffs.shape[1]
