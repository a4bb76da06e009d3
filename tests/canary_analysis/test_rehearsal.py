"""The promises, on made-up traffic with a fixed seed."""

import numpy as np
import pytest

from canary_analysis import Policy
from canary_analysis.rehearsal import rehearse, rehearse_each
from canary_analysis.traffic import Traffic

NOISY = {"latency_offsets": 0.05, "error_offsets": 0.2}
STRICT = Policy(alpha=0.05)


def run(traffic, seconds, runs=40, policy=STRICT):
    return rehearse(traffic, policy, np.random.default_rng(20), runs=runs, seconds=seconds)


@pytest.mark.parametrize(
    "traffic",
    [
        pytest.param(Traffic(), id="requests that are alike"),
        pytest.param(Traffic(**NOISY), id="replicas that differ"),
        pytest.param(Traffic(sick_replica=True, **NOISY), id="one sick canary replica"),
    ],
)
def test_a_canary_no_worse_than_its_baseline_is_seldom_rolled_back(traffic):
    assert run(traffic, 600.0).rollback_share <= 0.05


def test_ten_times_the_errors_are_found_within_fifteen_hundred_requests():
    found = run(Traffic(canary_errors=0.01, tick_seconds=5.0), 300.0)
    assert found.rollback_share == 1.0
    assert np.median(found.rollback_requests) <= 1_500


def test_late_trouble_is_found_within_minutes():
    found = run(Traffic(canary_errors=0.01, onset_seconds=900.0, **NOISY), 1_300.0, runs=20)
    assert found.rollback_share == 1.0
    assert np.median(found.rollback_seconds) <= 900.0 + 130.0


def test_a_good_canary_is_promoted_and_a_slower_one_is_not():
    assert run(Traffic(), 600.0).promote_share >= 0.95
    assert run(Traffic(slower=1.25), 600.0).promote_share == 0.0


def test_a_stricter_alpha_on_the_same_traffic_is_never_sooner():
    loose, strict = rehearse_each(
        Traffic(canary_errors=0.01, **NOISY),
        Policy(),
        np.random.default_rng(3),
        runs=20,
        seconds=300.0,
        alphas=(0.05, 0.01),
    )
    assert (loose.rollback_seconds <= strict.rollback_seconds).all()
    assert (loose.blamed == [True, False]).all()


def test_two_replicas_are_judged_without_leaving_one_out():
    found = run(Traffic(canary_replicas=2, rate=25.0, canary_errors=0.01), 600.0, runs=10)
    assert found.rollback_share == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("noise", [{}, NOISY], ids=["alike", "replicas that differ"])
def test_an_hour_of_peeking_keeps_false_rollbacks_below_alpha(noise):
    assert run(Traffic(**noise), 3_600.0, runs=300).rollback_share <= 0.05
