"""What is decided, and what is said."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_analysis import Analysis, Code, Decision, Interval, Kind, Metric, Policy

QUICK = Policy(soak_seconds=0.0, min_canary_requests=0)
BAD = [(400, 8), (400, 9), (400, 7)]
GOOD = [(400, 1), (400, 0), (400, 1)]
BASELINE = [(400, i % 2) for i in range(9)]


@pytest.fixture
def judged(errors, interval):
    """Judge one interval, repeated."""

    def run(canary, baseline, policy=QUICK, *, times=1, now=None, metrics=()):
        analysis = Analysis.start([errors, *metrics], policy)
        for number in range(1, times + 1):
            analysis = analysis.observe({"errors": interval(canary, baseline, number * 10.0)})
        return analysis.judge(times * 10.0 if now is None else now)

    return run


def codes(verdict):
    return [reason.code for reason in verdict.reasons]


def test_a_bad_canary_is_rolled_back_and_its_metric_named(judged):
    verdict = judged(BAD, BASELINE)
    assert verdict.decision is Decision.ROLLBACK
    assert verdict.culprits == ("errors",)
    assert codes(verdict) == [Code.WORSE]
    assert verdict.e_value >= verdict.limit == 100.0
    assert verdict.left_out_e_value >= QUICK.left_out_limit
    assert "24 errors of 1,200 canary requests against 4 of 3,600 baseline" in verdict.text
    assert "odds 18x (95% anytime interval" in verdict.text
    assert "against 'no worse than 1.5x' (limit 100 : 1)" in verdict.text


def test_a_good_canary_is_promoted_when_it_is_proven(judged):
    verdict = judged(GOOD, BASELINE, times=4)
    assert (verdict.decision, codes(verdict)) == (Decision.PROMOTE, [Code.PROVEN])
    assert verdict.requests_needed == 0
    assert "cannot be told" in verdict.text


def test_one_sick_replica_is_not_a_bad_version(judged):
    verdict = judged([(400, 90), (400, 0), (400, 0)], BASELINE)
    assert verdict.decision is Decision.HOLD
    assert codes(verdict) == [Code.SICK_REPLICA]
    assert verdict.sick_replica == "c0"
    assert "Replica 'c0' is sick, not the version" in verdict.text


def test_two_replicas_can_convict_but_the_doubt_is_told(judged):
    verdict = judged([(600, 12), (600, 12)], [(400, 1)] * 9, times=8)
    assert (verdict.decision, codes(verdict)) == (
        Decision.ROLLBACK,
        [Code.WORSE, Code.FEW_REPLICAS],
    )


@pytest.mark.parametrize(
    ("canary", "baseline", "silent"),
    [
        pytest.param([(0, 0)], [(0, 0)], "the canary and the baseline", id="no requests at all"),
        pytest.param([(0, 0)], [(90, 0)], "the canary", id="no canary requests"),
        pytest.param([(90, 0)], [(0, 0)], "the baseline", id="no baseline requests"),
    ],
)
def test_no_data_is_never_success(judged, canary, baseline, silent):
    verdict = judged(canary, baseline, Policy(promote_on_budget=True), now=9_999.0)
    assert (verdict.decision, codes(verdict)) == (Decision.INVALID, [Code.NO_DATA])
    assert f"no requests on {silent}, so nothing is known" in verdict.text


def test_an_analysis_that_never_saw_anything_is_invalid(errors):
    verdict = Analysis.start([errors], QUICK).judge(0.0)
    assert (verdict.decision, verdict.requests_needed) == (Decision.INVALID, None)


def test_a_critical_metric_without_data_is_invalid_although_others_are_proven(judged, latency):
    verdict = judged(GOOD, BASELINE, times=4, metrics=(latency,))
    assert verdict.decision is Decision.INVALID
    assert "for latency. No data is not success" in verdict.text


def test_data_that_stopped_say_nothing_about_now(judged):
    verdict = judged(GOOD, BASELINE, times=4, now=400.0)
    assert (verdict.decision, codes(verdict)) == (Decision.INVALID, [Code.STALE_DATA])
    assert "360 s old (limit 120 s)" in verdict.text


def test_a_proven_canary_still_soaks_and_serves_its_least_requests(judged):
    policy = Policy(soak_seconds=100.0, min_canary_requests=10_000)
    verdict = judged(GOOD, BASELINE, policy, times=4)
    assert verdict.decision is Decision.HOLD
    assert codes(verdict) == [Code.SOAKING, Code.FEW_REQUESTS]
    assert "Soaking for 60 s more. 5,200 more canary requests needed" in verdict.text


def test_an_unproven_canary_is_held_and_told_how_much_is_missing(judged):
    verdict = judged([(50, 0)], [(50, 0)] * 9)
    assert (verdict.decision, codes(verdict)) == (Decision.HOLD, [Code.NOT_PROVEN])
    assert 100 < verdict.requests_needed < 2_000
    assert "more canary requests needed." in verdict.text


@pytest.mark.parametrize(
    ("allowed", "decision"),
    [(True, Decision.PROMOTE_ON_BUDGET), (False, Decision.HOLD)],
    ids=["promotes when the policy allows it", "holds when it does not"],
)
def test_at_the_horizon_what_was_not_proven_is_listed(judged, allowed, decision):
    policy = Policy(
        soak_seconds=0.0, min_canary_requests=0, horizon_seconds=30.0, promote_on_budget=allowed
    )
    verdict = judged([(20, 0)], [(60, 0)], policy, times=3)
    assert verdict.decision is decision
    assert codes(verdict) == [Code.BUDGET_SPENT, Code.NOT_PROVEN]


def test_what_leans_against_the_canary_keeps_it_from_being_promoted_unproven(judged):
    policy = Policy(
        soak_seconds=0.0, min_canary_requests=0, horizon_seconds=10.0, promote_on_budget=True
    )
    verdict = judged([(87, 68)], [(113, 0)], policy, times=1, now=20.0)
    assert verdict.e_value < 3.0, "one interval of a single replica gives no more"
    assert (verdict.decision, codes(verdict)[0]) == (Decision.HOLD, Code.BUDGET_SPENT)
    assert "leans against it" in verdict.text


def test_a_rise_below_the_floor_is_never_worth_a_rollback(judged):
    canary, baseline = [(200_000, 80)] * 3, [(200_000, 10)] * 9
    assert judged(canary, baseline).decision is not Decision.ROLLBACK
    strict = Policy(soak_seconds=0.0, error_floor=0.0)
    assert judged(canary, baseline, strict).decision is Decision.ROLLBACK


def test_a_histogram_whose_edges_all_miss_the_traffic_says_so(latency, interval):
    analysis = Analysis.start([latency], QUICK)
    fast = interval([(400, 0, 0, 0)] * 3, [(400, 0, 0, 0)] * 9)
    verdict = analysis.observe({"latency": fast}).judge(10.0)
    assert (verdict.decision, codes(verdict)) == (Decision.HOLD, [Code.NO_INFORMATIVE_EDGE])
    assert verdict.requests_needed is None


def test_a_slow_canary_is_told_by_its_edge(latency, interval):
    analysis = Analysis.start([latency], QUICK)
    slow = interval([(400, 200, 60, 9)] * 3, [(400, 195, 10, 2)] * 9)
    verdict = analysis.observe({"latency": slow}).judge(10.0)
    assert verdict.decision is Decision.ROLLBACK
    assert verdict.findings[0].edge_seconds == 0.5
    assert "180 slower than 0.5 s of 1,200 canary requests" in verdict.text


def test_a_canary_that_is_faster_at_edges_most_requests_exceed_is_promoted(latency, interval):
    analysis = Analysis.start([latency], QUICK)
    for at in range(10, 80, 10):
        alike = interval([(400, 376, 40, 8)] * 3, [(400, 376, 40, 8)] * 9, float(at))
        analysis = analysis.observe({"latency": alike})
    verdict = analysis.judge(70.0)
    assert verdict.decision is Decision.PROMOTE
    assert analysis.state.turned.tolist() == [True, False, False]
    assert verdict.findings[0].text.startswith("latency: no evidence. Replica noise phi 1.")


def test_errors_on_the_canary_alone_have_no_upper_end(judged):
    verdict = judged([(400, 9)] * 3, [(400, 0)] * 9)
    assert "odds at least" in verdict.text
    assert verdict.findings[0].odds_high is None


def test_few_baseline_replicas_are_told_with_the_noise_assumed(judged):
    verdict = judged(GOOD, [(1_200, 2)], Policy(prior_phi=1.4))
    assert "Replica noise phi 1.4, partly assumed: too few baseline replicas" in verdict.text
    assert not verdict.findings[0].phi_estimated


def test_a_metric_that_is_not_critical_does_not_hold_promotion(judged, latency):
    watched = type(latency)(name="watched", kind=latency.kind, edges=latency.edges, critical=False)
    assert judged(GOOD, BASELINE, times=4, metrics=(watched,)).decision is Decision.PROMOTE


def test_a_rise_that_no_traffic_so_far_could_show_is_told(judged):
    assert "This traffic can tell no rise yet." in judged([(1, 0)], [(1, 0)]).text


def test_no_events_leave_the_odds_unsaid(judged):
    finding = judged([(50, 0)], [(50, 0)]).findings[0]
    assert (finding.odds_ratio, finding.odds_low, finding.odds_high) == (None, 0.0, None)


def test_what_can_never_be_proven_has_no_requests_needed(judged):
    verdict = judged([(50, 50)] * 3, [(50, 50)] * 9)
    assert (verdict.decision, verdict.requests_needed) == (Decision.HOLD, None)
    assert verdict.reasons[0].text.startswith("errors is not proven good enough yet (")


def test_an_analysis_tells_what_it_compares(errors):
    analysis = Analysis.start([errors], QUICK)
    assert (analysis.metrics, analysis.policy) == ((errors,), QUICK)


def test_a_verdict_is_json_safe(judged):
    for canary in (BAD, GOOD, [(0, 0)]):
        assert json.dumps(asdict(judged(canary, BASELINE)), allow_nan=False)


@given(
    bad=st.integers(0, 40),
    good=st.integers(0, 40),
    replicas=st.integers(1, 4),
    times=st.integers(0, 4),
    now=st.sampled_from([0.0, 20.0, 90.0, 200.0, 4_000.0]),
)
def test_the_quick_decision_is_the_decision_of_the_verdict(bad, good, replicas, times, now):
    policy = Policy(soak_seconds=60.0, stale_after_seconds=4_000.0, promote_on_budget=good > bad)
    analysis = Analysis.start([Metric(name="errors", kind=Kind.ERRORS)], policy)
    tick = Interval(
        canary_replicas=tuple("abcd"[:replicas]),
        canary_total=np.full(replicas, 90),
        canary_above=np.full((replicas, 1), bad),
        baseline_replicas=("x", "y"),
        baseline_total=np.array([200, 200]),
        baseline_above=np.full((2, 1), good),
        elapsed_seconds=10.0,
    )
    for _ in range(times):
        analysis = analysis.observe({"errors": tick})
    assert analysis.decide(now) is analysis.judge(now).decision
