"""Levels: two keys, blocks and replicas."""

from dataclasses import replace
from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, ttest_ind

from canary_analysis import (
    Analysis,
    Code,
    Decision,
    Interval,
    InvalidInterval,
    InvalidMetric,
    Kind,
    Metric,
    Policy,
    Readings,
)
from canary_analysis.gauges import (
    FEWEST_BLOCKS,
    SPREAD,
    Gauge,
    block_evidence,
    block_interval,
    replica_key,
)

ERRORS = Metric(name="errors", kind=Kind.ERRORS)
MEMORY = Metric(name="memory", kind=Kind.GAUGE)
CONVICTING = replace(MEMORY, rolls_back=True)
LEVELS = st.lists(st.floats(0.0, 100.0), min_size=2, max_size=6)


def read(canary, baseline, at):
    return Readings(
        canary={f"c{i}": level for i, level in enumerate(canary)},
        baseline={f"b{i}": level for i, level in enumerate(baseline)},
        elapsed_seconds=at,
    )


def watched(surplus=0.0, minutes=61, seed=2, replicas=5):
    """A gauge read each minute; each replica has a level of its own."""
    rng = np.random.default_rng(seed)
    own, gauge = rng.normal(50.0, 1.0, 3 * replicas), Gauge()
    for minute in range(1, minutes + 1):
        levels = own + rng.normal(0.0, 2.0, 3 * replicas)
        gauge = gauge.observe(read(levels[:replicas] + surplus, levels[replicas:], minute * 60.0))
    return gauge


def blocks_of(differences):
    gauge = Gauge()
    for number, difference in enumerate([*differences, 0.0]):
        gauge = gauge.observe(read([difference], [0.0], number * 300.0 + 1.0))
    return gauge


@given(st.lists(st.floats(-5.0, 5.0), min_size=FEWEST_BLOCKS, max_size=30))
def test_blocks_keep_mean_and_deviation(differences):
    gauge = blocks_of(differences)
    assert gauge.blocks == len(differences)
    assert gauge.mean == pytest.approx(np.mean(differences), abs=1e-9)
    assert gauge.deviation == pytest.approx(np.std(differences, ddof=1), abs=1e-6)


@pytest.mark.parametrize("mean", [-0.5, 0.0, 0.7])
def test_block_evidence_is_the_one_sided_normal_mixture(mean):
    gauge = Gauge(blocks=12, mean=mean, squares=11.0)
    total, count = 12 * mean, 12

    def weighted(shift):
        return 2.0 * norm.pdf(shift, scale=SPREAD) * np.exp(shift * total - count * shift**2 / 2)

    assert block_evidence(gauge, 0.0) == pytest.approx(quad(weighted, 0.0, inf)[0], rel=1e-6)


def test_the_interval_holds_the_mean_and_shrinks():
    short, long = (Gauge(blocks=n, mean=3.0, squares=n - 1.0) for n in (8, 80))
    for gauge in (short, long):
        low, high = block_interval(gauge, 0.05)
        assert low < 3.0 < high
    assert block_interval(long, 0.05)[1] < block_interval(short, 0.05)[1]
    assert block_interval(Gauge(), 0.05) == (-inf, inf)


@given(LEVELS, LEVELS)
def test_the_replica_key_is_students_test(canary, baseline):
    gauge = Gauge().observe(read(canary, baseline, 1.0))
    if min(np.std(canary), np.std(baseline)) > 0.1:
        p = ttest_ind(canary, baseline, alternative="greater").pvalue
        assert replica_key(gauge, 0.0) == pytest.approx(1.0 / p, rel=1e-6)


@pytest.mark.parametrize(
    ("canary", "baseline", "key"),
    [
        pytest.param([5.0], [1.0], 1.0, id="two replicas cannot tell"),
        pytest.param([], [1.0, 2.0, 3.0], 1.0, id="no canary"),
        pytest.param([1.0, 1.0], [1.0, 1.0], 1.0, id="all the same"),
    ],
)
def test_the_replica_key_stays_shut(canary, baseline, key):
    assert replica_key(Gauge().observe(read(canary, baseline, 1.0)), 0.0) == key


def test_levels_without_any_spread_are_certain():
    higher = blocks_of([2.0] * FEWEST_BLOCKS)
    assert block_evidence(higher, 0.0) > 1e6
    assert block_evidence(higher, 2.0) == 0.0
    assert replica_key(Gauge().observe(read([2.0, 2.0], [1.0, 1.0], 1.0)), 0.0) > 1e6


def test_too_few_blocks_say_nothing():
    gauge = watched(surplus=50.0, minutes=40)
    assert (gauge.blocks, block_evidence(gauge, 0.0)) == (7, 1.0)


def test_a_block_with_one_arm_is_no_block():
    gauge = Gauge().observe(read([1.0], [], 10.0)).observe(read([1.0], [2.0], 400.0))
    assert gauge.blocks == 0


def test_a_rise_is_found_and_pod_luck_is_not():
    risen, equal = watched(surplus=6.0), watched()
    assert min(block_evidence(risen, 0.0), replica_key(risen, 0.0)) > 20.0
    assert min(block_evidence(risen, 8.0), replica_key(risen, 8.0)) < 1.5
    assert min(block_evidence(equal, 0.0), replica_key(equal, 0.0)) < 20.0


def analysis_of(gauge, metric=MEMORY):
    start = Analysis.start([metric, ERRORS], Policy(alpha=0.05))
    return replace(start, gauges=((metric, gauge),))


def test_a_gauge_warns_and_decides_nothing(interval):
    tick = {"errors": interval([(400, 1)] * 3, [(400, 1)] * 9)}
    found = analysis_of(watched(surplus=6.0)).observe(tick).judge(20.0)
    assert found.decision is Decision.HOLD
    (gauge,) = found.gauges
    assert gauge.warning
    assert gauge.e_value >= gauge.limit == 20.0
    assert gauge.low > 2.0
    assert "memory: 5" in found.text
    assert "higher, a warning. Difference" in found.text
    assert "of 12 blocks); evidence" in found.text


def test_a_gauge_may_be_asked_to_roll_back(interval):
    tick = {"errors": interval([(400, 1)] * 3, [(400, 1)] * 9)}
    analysis = analysis_of(watched(surplus=6.0), CONVICTING).observe(tick)
    verdict = analysis.judge(20.0)
    assert verdict.decision is analysis.decide(20.0) is Decision.ROLLBACK
    assert [reason.code for reason in verdict.reasons] == [Code.GAUGE]
    assert "is asked to roll back" in verdict.reasons[0].text
    good = analysis_of(watched(), CONVICTING).observe(tick)
    assert good.judge(20.0).decision is good.decide(20.0) is Decision.HOLD


def test_worse_counts_are_told_before_a_risen_gauge(interval):
    tick = {"errors": interval([(400, 40)] * 3, [(400, 1)] * 9)}
    verdict = analysis_of(watched(surplus=6.0), CONVICTING).observe(tick).judge(20.0)
    assert [reason.code for reason in verdict.reasons] == [Code.WORSE, Code.GAUGE]


@pytest.mark.parametrize(
    ("minutes", "told"), [(0, "no readings on both arms"), (12, "2 of 8 blocks of 5 min needed")]
)
def test_what_is_not_known_yet_is_told(minutes, told):
    (found,) = analysis_of(watched(minutes=minutes)).judge(1.0).gauges
    assert told in found.text
    assert (found.warning, found.low, found.e_value) == (False, None, 1.0)


def named(canary, baseline, at):
    """A tick of errors on the replicas that `read` names, (requests, errors) each."""
    return Interval(
        canary_replicas=tuple(f"c{i}" for i in range(len(canary))),
        canary_total=np.array(canary)[:, 0],
        canary_above=np.array(canary)[:, 1:],
        baseline_replicas=tuple(f"b{i}" for i in range(len(baseline))),
        baseline_total=np.array(baseline)[:, 0],
        baseline_above=np.array(baseline)[:, 1:],
        elapsed_seconds=at,
    )


@pytest.mark.parametrize(
    ("requests", "told", "decision"),
    [
        pytest.param(400, "", Decision.ROLLBACK, id="as many"),
        pytest.param(468, "1.2x the requests", Decision.ROLLBACK, id="a few more"),
        pytest.param(800, "2x the requests", Decision.PROMOTE, id="twice as many"),
    ],
)
def test_replicas_that_carry_more_load_are_told_and_send_nobody_home(requests, told, decision):
    gauge = watched(surplus=9.0)
    counts = {"errors": named([(requests, 0)] * 5, [(400, 0)] * 10, 3660.0)}
    analysis = analysis_of(gauge, CONVICTING).observe(counts)
    verdict = analysis.judge(3660.0)
    assert verdict.decision is analysis.decide(3660.0) is decision
    (found,) = verdict.gauges
    assert found.load_ratio == pytest.approx(requests / 400)
    assert found.warning
    assert told in found.text
    assert ("which alone may raise it" in found.text) is bool(told)


def test_gauges_that_roll_back_share_alpha():
    several = [(replace(CONVICTING, name=f"level {i}"), watched(surplus=9.0)) for i in range(3)]
    start = Analysis.start([ERRORS, MEMORY], Policy(alpha=0.05))
    found = replace(start, gauges=((MEMORY, watched()), *several)).judge(3660.0).gauges
    assert [each.rollback_limit for each in found] == [None, 60.0, 60.0, 60.0]
    assert "60 : 1 to roll back" in found[1].text


def test_old_readings_are_not_known_to_be_well():
    (fresh,) = analysis_of(watched()).judge(3700.0).gauges
    (old,) = analysis_of(watched()).judge(3900.0).gauges
    assert (fresh.known, old.known) == (True, False)
    assert "240 s old, so nothing is known of now" in old.text
    silent = watched().observe(read([], [50.0], 3900.0))
    (half,) = analysis_of(silent).judge(3900.0).gauges
    assert not half.known


def test_replicas_that_serve_both_versions_have_no_level_of_their_own():
    gauge = Gauge().observe(Readings(canary={}, baseline={}, elapsed_seconds=1.0, shared=2))
    (found,) = analysis_of(gauge).judge(1.0).gauges
    assert not found.known
    assert "read on 0 canary and 0 baseline replicas" in found.text
    assert "2 replicas serve both versions" in found.text


def test_a_promotion_says_of_what_nothing_is_known():
    analysis = analysis_of(watched(minutes=12))
    for at in range(10, 400, 10):
        analysis = analysis.observe({"errors": named([(900, 0)] * 5, [(900, 1)] * 10, float(at))})
    verdict = analysis.judge(390.0)
    assert verdict.decision is Decision.PROMOTE
    assert [reason.code for reason in verdict.reasons] == [Code.PROVEN, Code.GAUGE_UNKNOWN]
    assert verdict.reasons[1].text == "Of memory nothing is known."


def test_what_cannot_be_read_is_refused():
    with pytest.raises(InvalidInterval, match="'c0' reads nan"):
        read([sqrt(2), float("nan")][1:], [1.0], 1.0)
    with pytest.raises(InvalidInterval, match="must be 0 or more"):
        read([1.0], [1.0], -1.0)
    with pytest.raises(InvalidInterval, match="'errors' is no gauge"):
        Analysis.start([ERRORS, MEMORY], Policy()).observe({"errors": read([1.0], [1.0], 1.0)})


@pytest.mark.parametrize(
    ("metrics", "advice"),
    [
        pytest.param([MEMORY], "at least one metric", id="gauges alone decide nothing"),
        pytest.param([ERRORS, replace(MEMORY, name="errors")], "share the name", id="same name"),
    ],
)
def test_an_analysis_that_cannot_decide_is_refused(metrics, advice):
    with pytest.raises(InvalidMetric, match=advice):
        Analysis.start(metrics, Policy())


def test_only_gauges_have_a_margin_in_their_own_unit():
    assert replace(MEMORY, margin=5.0).margin == 5.0
    with pytest.raises(InvalidMetric, match="only gauges have one"):
        replace(ERRORS, margin=5.0)
