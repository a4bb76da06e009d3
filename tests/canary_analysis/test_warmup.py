"""How long fresh replicas are slower."""

import json
from dataclasses import replace

import numpy as np
import pytest

from canary_analysis import Interval, InvalidInterval, InvalidSnapshot
from canary_analysis.made_up import made_up
from canary_analysis.traffic import Traffic
from canary_analysis.warmup import (
    MOST_MINUTES,
    FreshMinutes,
    WarmupCurve,
    latency_counts_from,
    learn_warmup,
)

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


def test_few_requests_are_no_warm_up_although_later_there_are_many(interval):
    """A rollout that begins with a small share is noisy at first; that teaches no slowness."""

    def low_then_high(seed):
        rng = np.random.default_rng(seed)
        for minute in range(1, 31):
            canary, baseline = (30, 570) if minute < 11 else (300, 300)
            rows = [
                (count, *np.sort(rng.binomial(count, (0.6, 0.3, 0.1)))[::-1])
                for count in (canary, baseline)
            ]
            yield interval(rows[:1], rows[1:], minute * 60.0)

    curves = [[learn_warmup(low_then_high(5 * run + i)) for i in range(5)] for run in range(20)]
    assert [latency_counts_from(each) for each in curves] == [0.0] * 20


def test_minutes_survive_json_and_later_ones_are_not_kept(interval):
    minutes = FreshMinutes.empty(1)
    for at in (10.0, 130.0, MOST_MINUTES * 60.0, MOST_MINUTES * 60.0 + 1.0):
        minutes = minutes.observe(interval([(9, 4)], [(30, 5)], at))
    assert minutes.counts.shape == (MOST_MINUTES, 2, 2)
    assert minutes.counts.sum() == 3 * 39
    again = FreshMinutes.from_plain(json.loads(json.dumps(minutes.to_plain())))
    assert (again.counts == minutes.counts).all()
    assert again.curve() == minutes.curve()


@pytest.mark.parametrize("damage", [{"shape": [3, 2]}, {"shape": [1, 1, 6]}, {"int64": "?"}])
def test_damaged_minutes_are_refused(interval, damage):
    minutes = FreshMinutes.empty(2).observe(interval([(9, 4, 1)], [(30, 5, 2)], 10.0))
    with pytest.raises(InvalidSnapshot):
        FreshMinutes.from_plain(minutes.to_plain() | damage)
