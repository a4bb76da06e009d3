"""How long fresh replicas are slower."""

from dataclasses import replace

import numpy as np
import pytest

from canary_analysis import Interval, InvalidInterval
from canary_analysis.made_up import made_up
from canary_analysis.traffic import Traffic
from canary_analysis.warmup import WarmupCurve, latency_counts_from, learn_warmup

CANARY, BASELINE = ("a", "b", "c"), ("p", "q", "r", "s")
FRESH = Traffic(canary_replicas=3, baseline_replicas=4, rate=30.0, fresh_slower=1.65)


def rollout(traffic, seed=1, seconds=1_800.0):
    """The latency intervals of one made-up rollout."""
    for at, tick in made_up(traffic, np.random.default_rng(seed), runs=1, seconds=seconds):
        yield Interval(
            canary_replicas=CANARY,
            canary_total=tick.total[:3, 0],
            canary_above=tick.above[:3, 0],
            baseline_replicas=BASELINE,
            baseline_total=tick.total[3:, 0],
            baseline_above=tick.above[3:, 0],
            elapsed_seconds=at,
        )


def learned(traffic, rollouts=5):
    return [learn_warmup(rollout(traffic, seed)) for seed in range(rollouts)]


def test_a_steady_canary_needs_no_warmup():
    assert latency_counts_from(learned(replace(FRESH, fresh_slower=1.0))) == 0.0


@pytest.mark.parametrize("fading", [60.0, 120.0, 200.0])
def test_a_fading_slowness_is_waited_for_until_little_is_left(fading):
    seconds = latency_counts_from(learned(replace(FRESH, fresh_seconds=fading)))
    left = np.log(1.65) * np.exp(-seconds / fading)
    assert 0.002 < left < 0.03


def test_noise_between_replicas_does_not_hide_it():
    noisy = replace(FRESH, latency_offsets=0.05, wobble=0.1)
    assert 240.0 <= latency_counts_from(learned(noisy)) <= 720.0


def test_a_lasting_difference_is_not_warmup():
    assert latency_counts_from(learned(replace(FRESH, fresh_slower=1.0, slower=1.1))) == 0.0


def test_one_odd_rollout_does_not_decide():
    usual = WarmupCurve(excess=(0.2, 0.05, 0.0, 0.0, 0.0, 0.0), noise=0.001)
    odd = WarmupCurve(excess=(0.4, 0.4, 0.4, 0.4, 0.4, 0.0), noise=0.001)
    assert latency_counts_from([usual, odd, usual]) == latency_counts_from([usual])


def test_what_never_fades_is_waited_for_as_long_as_was_seen():
    never = WarmupCurve(excess=(0.3,) * 9, noise=0.0)
    assert latency_counts_from([never]) == 540.0


def test_nothing_is_learned_from_a_short_or_silent_rollout(interval):
    assert learn_warmup(rollout(FRESH, seconds=240.0)) is None
    assert learn_warmup([]) is None
    silent = [interval([(0, 0)], [(9, 1)], minute * 60.0) for minute in range(1, 20)]
    assert learn_warmup(silent) is None
    assert latency_counts_from([]) == 0.0


def test_a_minute_without_requests_is_no_excess(interval):
    told = [interval([(90, 9)], [(90, 9)], at) for at in (60.0, 180.0, 240.0, 300.0, 420.0)]
    assert learn_warmup(told).excess == (0.0,) * 7


def test_two_histograms_at_once_are_refused(interval):
    two = [interval([(9, 1)], [(9, 1)]), interval([(9, 1, 0)], [(9, 1, 0)])]
    with pytest.raises(InvalidInterval, match="one histogram at a time"):
        learn_warmup(two)
