"""Replica noise handed on from rollout to rollout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_analysis import Analysis, Interval, InvalidPolicy, Kind, Metric, Policy
from canary_analysis.noise_prior import (
    MOST_PHI,
    MOST_SPREAD,
    NoiseSeen,
    SpreadSeen,
    noise_seen,
    prior_phi,
    prior_spread,
    spread_seen,
)

SEEN = st.builds(NoiseSeen, phi=st.floats(1.0, 200.0), requests=st.integers(1, 10**6))


def rollouts(*phis):
    return [NoiseSeen(phi=phi, requests=1_000) for phi in phis]


@given(st.lists(SEEN, max_size=12), st.integers(0, 10**7))
def test_a_prior_is_always_a_policys(seen, requests):
    assert Policy(prior_phi=prior_phi(seen, requests=requests)).prior_phi <= MOST_PHI


def test_nothing_seen_is_no_noise():
    assert prior_phi([], requests=10**6) == 1.0


def test_few_rollouts_are_believed_at_their_worst():
    assert prior_phi(rollouts(1.5, 3.0, 2.0), requests=1_000) == pytest.approx(3.0)


def test_one_wild_rollout_of_many_does_not_decide():
    assert prior_phi(rollouts(*[2.0] * 9, 90.0), requests=1_000) == pytest.approx(2.0)


def test_a_short_rollout_is_not_blown_up():
    seen = [*rollouts(1.5, 2.0), NoiseSeen(phi=4.0, requests=30)]
    assert prior_phi(seen, requests=1_000) == pytest.approx(2.0)


def test_it_finds_what_lasting_offsets_cost():
    """phi of replicas with shares that differ grows as the prior says."""
    rng = np.random.default_rng(4)
    phis = {}
    for requests in (1_000, 4_000):
        drawn = []
        for _ in range(300):
            share = 0.2 * np.exp(rng.normal(0.0, 0.2, 12))
            count = rng.binomial(requests // 12, share)
            mean = count.sum() / requests
            drawn.append(np.var(count, ddof=1) / (requests / 12 * mean * (1.0 - mean)))
        phis[requests] = float(np.mean(drawn))
    seen = NoiseSeen(phi=phis[1_000], requests=1_000)
    assert prior_phi([seen], requests=4_000) == pytest.approx(phis[4_000], rel=0.15)


def test_the_noisiest_measured_metric_is_handed_on(errors, latency, interval):
    analysis = Analysis.start([errors, latency], Policy())
    assert noise_seen(analysis.judge(1.0).findings) is None
    uneven = [(300, 3 + 20 * (i % 2)) for i in range(8)]
    tick = {
        "errors": interval([(300, 3)], [(300, 3)] * 8),
        "latency": interval([(300, 9, 5, 1)], [(n, x, x, x) for n, x in uneven]),
    }
    found = noise_seen(analysis.observe(tick).judge(10.0).findings)
    assert found.requests == 2_400
    assert found.phi > 5.0


@pytest.mark.parametrize("raw", [(0.5, 10), (float("nan"), 10), (2.0, 0)])
def test_what_was_never_measured_is_refused(raw):
    with pytest.raises(InvalidPolicy, match="never measured"):
        NoiseSeen(phi=raw[0], requests=raw[1])


SPREADS = st.lists(
    st.builds(SpreadSeen, variance=st.floats(0.0, 4.0), replicas=st.integers(1, 20)), max_size=12
)


@given(SPREADS, st.floats(0.0, 1.0))
def test_a_spread_lies_between_what_was_expected_and_what_was_seen(seen, expected):
    found = prior_spread(seen, expected=expected)
    ends = [expected, *(each.variance**0.5 for each in seen)]
    assert min(*ends, MOST_SPREAD) - 1e-9 <= found <= min(max(ends), MOST_SPREAD) + 1e-9
    assert Policy(prior_spread=found).prior_spread == found


def rollout_of(rng, spread, replicas=(2, 2), requests=2_000):
    """The state of a rollout whose replicas differ so much in their log odds of an error."""
    arms = []
    for count in replicas:
        odds = 0.25 * np.exp(rng.normal(0.0, spread, count))
        arms.append(rng.binomial(requests, odds / (1.0 + odds))[:, None])
    tick = Interval(
        canary_replicas=tuple(f"c{i}" for i in range(replicas[0])),
        canary_total=np.full(replicas[0], requests),
        canary_above=arms[0],
        baseline_replicas=tuple(f"b{i}" for i in range(replicas[1])),
        baseline_total=np.full(replicas[1], requests),
        baseline_above=arms[1],
        elapsed_seconds=10.0,
    )
    start = Analysis.start([Metric(name="errors", kind=Kind.ERRORS)], Policy())
    return start.observe({"errors": tick}).state


@pytest.mark.parametrize("spread", [0.1, 0.3, 0.6])
def test_the_spread_of_small_fleets_is_found_over_many_rollouts(spread):
    rng = np.random.default_rng(3)
    seen = [spread_seen(rollout_of(rng, spread)) for _ in range(400)]
    assert np.mean([each.variance for each in seen]) ** 0.5 == pytest.approx(spread, rel=0.2)
    assert {each.replicas for each in seen} == {2}


def test_ten_quiet_rollouts_take_most_of_the_prior_away():
    rng = np.random.default_rng(5)
    seen = [spread_seen(rollout_of(rng, 0.0)) for _ in range(10)]
    assert prior_spread(seen, expected=0.25) < 0.12


@pytest.mark.parametrize(("replicas", "requests"), [((1, 1), 2_000), ((2, 2), 20)])
def test_nothing_is_learned_where_nothing_can_differ_or_little_was_counted(replicas, requests):
    assert spread_seen(rollout_of(np.random.default_rng(1), 0.5, replicas, requests)) is None
    nothing = Analysis.start([Metric(name="errors", kind=Kind.ERRORS)], Policy())
    assert spread_seen(nothing.state) is None
