"""Replica noise handed on from rollout to rollout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_analysis import Analysis, InvalidPolicy, Policy
from canary_analysis.noise_prior import MOST_PHI, NoiseSeen, noise_seen, prior_phi

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
