"""What traffic can tell, against simulation and common sense."""

import numpy as np
import pytest

from canary_analysis.power import nats_below, nats_of_equality, requests_to_prove, smallest_rise


def rise(canary, baseline, rate, phi=1.0):
    arrays = (np.array([float(v)]) for v in (canary, baseline, rate))
    one = np.ones(1)
    found = smallest_rise(*arrays, margin=1.5 * one, phi=phi * one, limit=100.0 * one)
    return found[0]


def test_more_traffic_sees_smaller_rises_and_noise_hides_them():
    few, many = rise(1_000, 3_000, 0.001), rise(100_000, 300_000, 0.001)
    assert many < few < rise(1_000, 3_000, 0.001, phi=3.0)


def test_no_rise_is_seen_without_traffic():
    assert np.isnan(rise(0, 0, 0.0))


def test_a_clean_baseline_still_has_a_smallest_rise():
    assert 0.001 < rise(2_000, 6_000, 0.0) < 0.1


def test_a_rise_inside_the_margin_is_never_told():
    assert rise(10**9, 3 * 10**9, 0.01) > 0.015


def test_equality_is_proven_faster_with_more_events():
    two = np.array([100.0, 100.0])
    rare, often = nats_of_equality(two, 3 * two, np.array([0.001, 0.1]), margin=np.full(2, 2.0))
    assert 0.0 < rare < often


def test_a_rate_beyond_the_tolerable_one_is_never_proven_below_it():
    assert nats_below(np.array([0.02]), 0.01).tolist() == [0.0]


@pytest.mark.parametrize(
    ("gain", "value", "needed"),
    [
        pytest.param(0.01, 1.0, 299.57, id="evidence still to come"),
        pytest.param(0.01, 25.0, 0.0, id="already proven"),
        pytest.param(0.0, 25.0, 0.0, id="already proven, and nothing more will come"),
        pytest.param(0.0, 1.0, np.inf, id="never"),
    ],
)
def test_requests_still_needed(gain, value, needed):
    more = requests_to_prove(np.array([gain]), phi=np.ones(1), value=np.array([value]), limit=20.0)
    assert more[0] == pytest.approx(needed, rel=1e-3)
