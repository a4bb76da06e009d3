"""How ticks change an analysis."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_analysis import (
    Analysis,
    Interval,
    InvalidInterval,
    InvalidSnapshot,
    Kind,
    Metric,
    Policy,
)
from canary_analysis.appraisal import weigh
from canary_analysis.evidence import log_growth

METRICS = (
    Metric(name="errors", kind=Kind.ERRORS),
    Metric(name="latency", kind=Kind.LATENCY, edges=(0.1, 0.5)),
)
COUNTS = st.lists(
    st.tuples(st.integers(1, 300), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=4
)


def tick(canary, baseline, at, order=None):
    """Both metrics, from (requests, share, share) per replica."""

    def rows(raw, kind):
        total = np.array([n for n, _, _ in raw])
        high = np.array([round(n * max(a, b)) for n, a, b in raw])
        low = np.array([round(n * min(a, b)) for n, a, b in raw])
        above = low[:, None] if kind is Kind.ERRORS else np.stack([high, low], axis=1)
        return total, above

    def interval(kind):
        here, there = rows(canary, kind), rows(baseline, kind)
        turn = slice(None, None, order)
        return Interval(
            canary_replicas=tuple(f"c{i}" for i in range(len(canary)))[turn],
            canary_total=here[0][turn],
            canary_above=here[1][turn],
            baseline_replicas=tuple(f"b{i}" for i in range(len(baseline)))[turn],
            baseline_total=there[0][turn],
            baseline_above=there[1][turn],
            elapsed_seconds=at,
        )

    return {metric.name: interval(metric.kind) for metric in METRICS}


@given(COUNTS, COUNTS)
def test_the_order_of_replicas_does_not_matter(canary, baseline):
    start = Analysis.start(METRICS, Policy())
    one = start.observe(tick(canary, baseline, 10.0))
    other = start.observe(tick(canary, baseline, 10.0, order=-1))
    assert one.snapshot() == other.snapshot()


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=4), st.integers(0, 4))
def test_a_restored_analysis_goes_on_bit_by_bit_the_same(ticks, cut):
    straight = broken = Analysis.start(METRICS, Policy())
    for number, (canary, baseline) in enumerate(ticks, start=1):
        now = tick(canary, baseline, number * 130.0)
        if number == cut:
            broken = Analysis.restore(json.loads(json.dumps(broken.snapshot())))
        straight, broken = straight.observe(now), broken.observe(now)
    assert straight.snapshot() == broken.snapshot()
    assert straight.judge(900.0) == broken.judge(900.0)


@given(COUNTS, COUNTS)
def test_judging_metrics_side_by_side_equals_judging_them_apart(canary, baseline):
    both = Analysis.start(METRICS, Policy()).observe(tick(canary, baseline, 10.0))
    for index, metric in enumerate(METRICS):
        alone = Analysis.start([metric], Policy())
        alone = alone.observe({metric.name: tick(canary, baseline, 10.0)[metric.name]})
        apart = weigh(alone.state, leave_out=False).by_metric[0]
        assert weigh(both.state, leave_out=False).by_metric[index] == pytest.approx(apart)


@given(st.integers(0, 40), st.integers(0, 20))
def test_more_canary_errors_are_never_less_evidence(errors, more):
    policy = Policy(error_floor=0.0)

    def value(count):
        start = Analysis.start(METRICS[:1], policy)
        one = Interval(
            canary_replicas=("a", "b", "c"),
            canary_total=np.array([100, 100, 100]),
            canary_above=np.array([[count], [0], [0]]),
            baseline_replicas=("d",),
            baseline_total=np.array([900]),
            baseline_above=np.array([[9]]),
            elapsed_seconds=10.0,
        )
        return start.observe({"errors": one}).judge(10.0).e_value

    assert value(errors) <= value(errors + more) + 1e-9


def test_no_interval_changes_nothing():
    start = Analysis.start(METRICS, Policy())
    assert start.observe({}).state is start.state


def test_a_metric_that_was_not_scraped_learns_nothing(interval):
    start = Analysis.start(METRICS, Policy())
    after = start.observe({"errors": interval([(100, 1)], [(300, 2)])})
    assert after.judge(10.0).findings[1].canary_requests == 0


def test_latency_is_no_evidence_before_its_sides_are_chosen_or_its_warmup_is_over(interval):
    policy = Policy(latency_warmup_seconds=60.0)
    analysis = Analysis.start(METRICS[1:], policy)
    small, large = (
        interval([(10, 5, 1)], [(20, 2, 0)], 10.0),
        interval([(90, 50, 9)], [(300, 20, 1)]),
    )
    analysis = analysis.observe({"latency": small})
    assert not analysis.state.counting.any()
    analysis = analysis.observe({"latency": large})
    assert analysis.state.counting.all()
    assert log_growth(analysis.state.against.sums).any() == np.False_
    late = interval([(90, 50, 9)], [(300, 20, 1)], 70.0)
    assert analysis.observe({"latency": late}).judge(70.0).e_value > 1.0


def test_one_burst_on_one_replica_does_not_convict_unless_the_policy_says_so(interval):
    burst = interval([(100, 30)], [(100, 0)] * 3)
    clipped, open_ = (
        Analysis.start(METRICS[:1], policy).observe({"errors": burst}).judge(10.0).e_value
        for policy in (Policy(), Policy(error_clip_nats=None))
    )
    assert clipped < 8.0
    assert open_ > 100.0


def test_replicas_that_come_and_go_keep_their_counts(interval):
    analysis = Analysis.start(METRICS[:1], Policy())
    first = interval([(10, 1)], [(20, 0)], 10.0, ("x",), ("p",))
    second = interval([(30, 2), (40, 3)], [(50, 1)], 20.0, ("y", "a"), ("q",))
    analysis = analysis.observe({"errors": first}).observe({"errors": second})
    canary = analysis.state.arms.canary
    assert canary.names == ("x", "a", "y")
    assert canary.total[:, 0].tolist() == [10, 40, 30]
    assert canary.above[:, 0].tolist() == [1, 3, 2]
    assert analysis.state.arms.baseline.names == ("p", "q")


def test_some_replicas_of_some_metrics_find_their_place(interval):
    names = ("a", "b", "c")
    metrics = [Metric(name=name, kind=Kind.ERRORS) for name in names]
    analysis = Analysis.start(metrics, Policy())
    first = interval([(1, 0), (2, 0), (3, 0)], [(9, 0)], 10.0, names)
    analysis = analysis.observe(dict.fromkeys(names, first))
    apart = interval([(10, 1), (30, 3)], [(9, 0)], 20.0, ("a", "c"))
    canary = analysis.observe({"a": apart, "c": apart}).state.arms.canary
    assert canary.total.tolist() == [[11, 1, 11], [2, 2, 2], [33, 3, 33]]
    assert canary.above.tolist() == [[1, 0, 1], [0, 0, 0], [3, 0, 3]]


def test_an_unknown_metric_is_refused_with_the_known_ones(interval):
    with pytest.raises(InvalidInterval, match=r"'p99'\. This analysis has errors, latency"):
        Analysis.start(METRICS, Policy()).observe({"p99": interval([(1, 0)], [(1, 0)])})


def test_another_number_of_edges_is_refused(interval):
    with pytest.raises(InvalidInterval, match="'latency' has 2 edges, but the counts have 1"):
        Analysis.start(METRICS, Policy()).observe({"latency": interval([(1, 0)], [(1, 0)])})


def test_an_hour_of_sixteen_edges_fits_in_sixteen_kilobytes():
    rng = np.random.default_rng(3)
    metric = Metric(name="latency", kind=Kind.LATENCY, edges=tuple(np.geomspace(0.01, 5.0, 16)))
    analysis = Analysis.start([metric], Policy())
    for number in range(1, 361):
        total = rng.poisson(100, 20)
        above = np.sort(rng.binomial(total[:, None], np.linspace(0.99, 0.01, 16)), axis=1)[:, ::-1]
        one = Interval(
            canary_replicas=tuple(f"canary-{i}" for i in range(5)),
            canary_total=total[:5],
            canary_above=above[:5],
            baseline_replicas=tuple(f"baseline-{i}" for i in range(15)),
            baseline_total=total[5:],
            baseline_above=above[5:],
            elapsed_seconds=number * 10.0,
        )
        analysis = analysis.observe({"latency": one})
    assert len(json.dumps(analysis.snapshot())) <= 16 * 1024


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        pytest.param(
            {"version": 0}, "has version 0; this program reads 1, 2, 3", id="another version"
        ),
        pytest.param({"canary": None}, "cannot be read", id="an arm is missing"),
        pytest.param({"metrics": []}, "at least one metric", id="no metrics"),
        pytest.param({"sides": None}, "The saved sides is missing", id="sides are missing"),
    ],
)
def test_a_damaged_snapshot_is_refused(change, advice):
    saved = Analysis.start(METRICS, Policy()).snapshot()
    with pytest.raises(InvalidSnapshot, match=advice):
        Analysis.restore({**saved, **change})
