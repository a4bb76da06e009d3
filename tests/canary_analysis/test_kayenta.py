"""Kayenta's published cases: spinnaker/kayenta@a69573be, its ClassifierSuite, MannWhitneySuite,
ScorerSuite, DetectorSuite and StatisticSuite, and the figures of spinnaker#6278.
"""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm

from canary_analysis.kayenta import (
    Class,
    Classified,
    Direction,
    Effect,
    InvalidCanaryConfig,
    Points,
    Rule,
    classify,
    judge,
    parse_config,
    score,
    shift_of,
)
from canary_analysis.kayenta.brent import find_zero
from canary_analysis.kayenta.points import cles, mean_ratio, outliers
from canary_analysis.kayenta.scores import outcome_of
from canary_analysis.kayenta.shift import AllTied, standard_score

SMALL, LARGE = (1.0, 2.2, 1.1, 2.5, 3.0), (20.0, 22.0, 21.0, 25.0, 30.0)
SEEN = (54.9, 54.5, 55.1, 55.6, 57.4)
RISING = (1.0, 2.0, 3.0, 4.0, 5.0)
ONES, TENS, ZEROS = (1.0,) * 5, (10.0,) * 5, (0.0,) * 5
LOW_CANARY, SPREAD = (2.0, 2.0, 2.0, 2.0, 3.0), (10.0, 20.2, 10.1, 20.5, 30.0)
SHARES = (.05000000074505806, .05000000074505806, .01666666753590107, .01666666753590107,
          .01666666753590107, .05000000074505806, .03333333507180214, .05000000260770321,
          .05000000260770321, .13333333656191826)  # fmt: skip

# Thirty points of the published cases, to two decimals.
NEAR_TEN = (
    9.78, 10.59, 7.84, 9.32, 8.38, 8.94, 8.27, 9.75, 11.62, 9.28, 8.15, 10.56, 13.50, 11.05,
    6.95, 12.52, 9.02, 4.92, 11.25, 11.60, 8.44, 11.11, 10.70, 8.92, 10.09, 11.42, 9.38,
    7.80, 10.62, 11.91,
)  # fmt: skip
AT_TEN = (
    11.15, 9.96, 7.07, 7.30, 9.79, 9.60, 6.19, 12.35, 10.37, 8.61, 9.91, 10.36, 14.21,
    10.95, 10.22, 11.74, 10.91, 12.82, 8.10, 8.50, 12.11, 13.27, 10.11, 6.95, 6.21, 10.16,
    8.35, 8.38, 7.00, 10.76,
)  # fmt: skip
AT_TWENTY = (
    20.88, 21.79, 19.71, 15.86, 19.51, 19.39, 22.93, 17.16, 18.66, 23.42, 24.06, 22.63,
    21.98, 21.66, 20.07, 22.12, 16.44, 21.56, 21.00, 17.78, 17.81, 18.54, 20.56, 19.55,
    21.77, 21.81, 20.96, 20.98, 19.11, 16.98,
)  # fmt: skip
NEAR_TWENTY = (
    20.76, 22.80, 20.61, 20.97, 23.47, 21.53, 21.77, 18.31, 19.06, 25.88, 18.98, 19.39,
    19.00, 24.23, 20.05, 18.23, 17.87, 23.06, 18.40, 16.97, 19.47, 17.90, 17.55, 16.10,
    24.38, 15.92, 20.48, 19.08, 17.46, 18.85,
)  # fmt: skip
BELOW = (
    24.25, 26.13, 22.50, 24.37, 23.20, 19.44, 21.00, 18.91, 21.32, 21.84, 21.64, 23.13,
    21.09, 19.46, 20.75, 22.26, 19.82, 20.99, 19.94, 23.29, 18.18, 22.14, 19.43, 19.84,
    23.92, 21.01, 21.86, 23.12, 22.96, 17.80,
)  # fmt: skip
ABOVE = (
    25.10, 26.15, 24.88, 24.19, 22.15, 28.02, 21.30, 27.25, 28.64, 27.04, 24.68, 22.35,
    27.42, 26.00, 23.02, 26.00, 22.77, 25.57, 25.57, 21.27, 23.13, 24.59, 27.49, 27.22,
    23.60, 22.54, 25.83, 23.32, 24.39, 25.11,
)  # fmt: skip


def rule(**changes):
    return Rule(**{"tolerance": 0.10, "confidence": 0.95} | changes)


def classified(canary, baseline, asked=None):
    rng = np.random.default_rng(1)
    return classify(np.array(canary), np.array(baseline), asked or rule(), rng)


@pytest.mark.parametrize(
    ("canary", "baseline", "asked", "label", "critical"),
    [
        (LARGE, SMALL, rule(effect=Effect(allowed_decrease=0.8, allowed_increase=1.2)), "High", 0),
        ((10.0, 12.2, 10.1, 12.5, 23.0), LARGE, rule(effect=Effect(allowed_decrease=0.5)), "Pass", 0),
        (LARGE, SMALL, rule(critical=True, effect=Effect(critical_increase=1.2)), "High", 1),
        (LOW_CANARY, SPREAD, rule(critical=True, effect=Effect(critical_decrease=1.2)), "Low", 1),
        (LARGE, SMALL, rule(critical=True, effect=Effect(allowed_increase=5.0, critical_increase=13.0)), "High", 0),
        (LARGE, SMALL, rule(critical=True, effect=Effect(allowed_increase=13.0, critical_increase=15.0)), "Pass", 0),
        (LARGE, SMALL, rule(critical=True), "High", 1),
        ((1.0, 1.0, 1.0), (1.0, 1.0), rule(direction=Direction.DECREASE), "Pass", 0),
        (RISING, RISING[::-1], rule(direction=Direction.DECREASE), "Pass", 0),
        ((0.0, 1.0, 1.0, 1.0, 1.0), ONES, rule(direction=Direction.DECREASE), "Pass", 0),
        ((), RISING, rule(direction=Direction.DECREASE), "Nodata", 0),
        ((), RISING, rule(direction=Direction.DECREASE, critical=True), "Nodata", 1),
        ((), RISING, rule(direction=Direction.DECREASE, replace_nan=True), "Pass", 0),
        ((1.0, 1.0, 1.0, 1.0, 10.0), ONES, rule(), "Pass", 0),
        (TENS, ONES, rule(), "High", 0),
        (TENS, ZEROS, rule(), "High", 0),
        (SEEN, ZEROS, rule(effect=Effect(allowed_decrease=0.8, allowed_increase=1.2)), "High", 0),
        (ZEROS, SEEN, rule(effect=Effect(allowed_decrease=0.8, allowed_increase=1.2)), "Low", 0),
        (SHARES, ZEROS * 2, rule(critical=True, replace_nan=True, effect=Effect(critical_increase=1.2)), "High", 1),
        (ZEROS, ZEROS, rule(), "Pass", 0),
    ],
)  # fmt: skip
def test_the_published_classes_come_out(canary, baseline, asked, label, critical) -> None:
    found = classified(canary, baseline, asked)
    assert (found.label, found.critical) == (label, bool(critical))


@pytest.mark.parametrize(
    ("canary", "baseline", "asked", "label"),
    [
        (NEAR_TEN, AT_TEN, rule(), "Pass"),
        (AT_TWENTY, AT_TEN, rule(), "High"),
        (NEAR_TEN, NEAR_TWENTY, rule(), "Low"),
        (NEAR_TEN, NEAR_TWENTY, rule(direction=Direction.INCREASE), "Pass"),
        (AT_TWENTY, AT_TEN, rule(direction=Direction.DECREASE), "Pass"),
        (AT_TWENTY, AT_TEN, rule(direction=Direction.INCREASE), "High"),
        (NEAR_TEN, NEAR_TWENTY, rule(direction=Direction.DECREASE), "Low"),
        (
            NEAR_TEN,
            NEAR_TWENTY,
            rule(direction=Direction.DECREASE, effect=Effect(allowed_decrease=0.8)),
            "Low",
        ),
        (
            BELOW,
            ABOVE,
            Rule(
                tolerance=0.2,
                effect=Effect(measure="cles", allowed_decrease=0.2, allowed_increase=0.8),
            ),
            "Low",
        ),
    ],
)
def test_the_published_classes_of_thirty_points_come_out(canary, baseline, asked, label) -> None:
    assert classified(canary, baseline, asked).label == label


def test_a_zero_mean_has_no_ratio_and_the_effect_is_not_looked_at() -> None:
    assert np.isnan(classified(SEEN, ZEROS).ratio)
    assert np.isnan(classified(ZEROS, SEEN).ratio)
    assert classified(ZEROS, ZEROS).ratio == 1.0


@pytest.mark.parametrize(("bad", "label"), [(7, "Pass"), (8, "High")])
def test_seven_of_ten_points_at_a_hundred_times_pass(bad, label) -> None:
    canary = np.array([100.0] * bad + [1.0] * (10 - bad))
    assert classified(canary, np.ones(10), Rule()).label == label


def test_the_figures_of_issue_6278_come_out_to_their_digits() -> None:
    found = shift_of(np.array([100.0] * 7 + [1.0] * 3), np.ones(10), confidence=0.98)
    assert f"{found.low:.5e}" == "6.82502e-05"
    assert found.high == 99.0
    assert f"{found.estimate:.5f}" == "98.99993"


def spread(counts):
    return np.repeat(list(counts), list(counts.values())).astype(float)


R_CANARY = {1.5: 9, 2: 16, 2.5: 22, 3: 17, 3.5: 9, 4: 5, 4.5: 1, 5: 3, 5.5: 1, 6: 2, 6.5: 2, 7: 1,
            7.5: 1, 16.5: 1}  # fmt: skip
R_BASELINE = {1.5: 2, 2: 16, 2.5: 18, 3: 16, 3.5: 10, 4: 8, 4.5: 4, 5: 6, 5.5: 2, 6: 5, 8: 1, 15.5: 1,
              54.5: 1}  # fmt: skip
R_LARGE_CANARY = {.5: 20, 1: 41, 1.5: 67, 2: 37, 2.5: 3, 3: 2, 3.5: 3, 4: 1, 5: 1, 5.5: 3, 8.5: 1,
                  19: 1}  # fmt: skip
R_LARGE_BASELINE = {0: 1, .5: 7, 1: 32, 1.5: 70, 2: 33, 2.5: 22, 3: 6, 3.5: 2, 4: 3, 4.5: 1, 5.5: 1,
                    7: 1, 7.5: 1}  # fmt: skip


@pytest.mark.parametrize(
    ("canary", "baseline", "confidence", "low", "high", "estimate"),
    [
        ({10: 1, 20: 1, 30: 1, 40: 1}, {1: 1, 2: 1, 3: 1, 4: 1}, 0.95, 6.0, 39.0, 22.5),
        (R_CANARY, R_BASELINE, 0.95, -0.500002521696696, -3.486287505871302e-5, -0.4999393907180323),
        (R_LARGE_CANARY, R_LARGE_BASELINE, 0.98, -0.4999173250549087, -6.912685789769486e-6,
         -3.45044082729315e-5),
    ],
)  # fmt: skip
def test_the_interval_is_that_of_r(canary, baseline, confidence, low, high, estimate) -> None:  # noqa: PLR0917 -- a table
    found = shift_of(spread(canary), spread(baseline), confidence=confidence)
    assert found.low == pytest.approx(low, abs=1e-6)
    assert found.high == pytest.approx(high, abs=1e-6)
    assert found.estimate == pytest.approx(estimate, abs=1e-4)


samples = st.lists(st.integers(-20, 20).map(lambda n: n / 4), min_size=2, max_size=12)


@given(samples, samples, st.integers(-8, 8).map(lambda n: n / 8))
def test_the_score_is_scipys(canary, baseline, shift) -> None:
    moved, still = np.array(canary) - shift, np.sort(np.array(baseline))
    if len(np.unique(np.concatenate([moved, still]))) == 1:
        with pytest.raises(AllTied):
            standard_score(np.array(canary), still, shift)
        return
    got = standard_score(np.array(canary), still, shift)
    u = mannwhitneyu(moved, still, method="asymptotic", alternative="two-sided")
    centred = u.statistic - len(moved) * len(still) / 2
    if centred == 0.0:
        assert got == 0.0
    else:
        assert 2 * norm.sf(abs(got)) == pytest.approx(u.pvalue, rel=1e-9)
        assert got * centred >= 0.0


@given(
    st.lists(st.floats(-50, 50).map(lambda x: round(x, 3)), min_size=6, max_size=14, unique=True)
)
def test_the_interval_is_where_the_test_stops_rejecting(values) -> None:
    half = len(values) // 2
    canary, baseline = np.array(values[:half]) + 7.0, np.sort(np.array(values[half:]))
    found = shift_of(canary, baseline, confidence=0.8)
    # Beyond each end by more than the tolerance of the search the score is beyond the quantile.
    outside = standard_score(canary, baseline, found.low - 3e-4)
    inside = standard_score(canary, baseline, found.low + 3e-4)
    assert outside >= 1.2815515 or found.low == canary.min() - baseline.max()
    assert inside <= 1.2815516


def test_the_search_finds_a_root_to_its_tolerance_and_at_an_end() -> None:
    assert find_zero(lambda x: x**3 - 2.0, 0.0, 3.0) == pytest.approx(2.0 ** (1 / 3), abs=1e-4)
    assert find_zero(lambda x: x, 0.0, 3.0) == 0.0
    assert find_zero(lambda x: x - 3.0, 0.0, 3.0) == 3.0
    step = find_zero(lambda x: -1.0 if x < 0.25 else 1.0, 0.0, 1.0)
    assert step == pytest.approx(0.25, abs=1e-4)


def test_points_far_out_are_outliers() -> None:
    far = np.array([1.0] * 200 + [2.0] * 200 + [900.0])
    assert outliers(far, 3.0).sum() == 1
    assert not outliers(np.zeros(0), 3.0).size
    # The 99th percentile keeps what the quartiles alone would throw out.
    few = np.array([0.0] * 95 + [5.0] * 5)
    assert not outliers(few, 3.0).any()


def test_effects_are_measured() -> None:
    assert cles(np.array(RISING), np.array(RISING)) == 0.5
    assert cles(np.array(SMALL), np.array(LARGE)) == 0.0
    assert mean_ratio(np.array(TENS), np.array(ONES)) == 10.0
    assert np.isnan(mean_ratio(np.array(TENS), np.array(ZEROS)))
    asked = rule(effect=Effect(measure="cles", allowed_decrease=0.2, allowed_increase=0.8))
    assert classified(LARGE, SMALL, asked).label == "High"
    assert classified(SMALL, LARGE, asked).label == "Low"


def test_two_points_that_tie_at_every_shift_cannot_be_told() -> None:
    # One point against one: at the only possible shift all observations are the same.
    assert classified((3.0,), (5.0,)).label is Class.ERROR
    with pytest.raises(AllTied):
        shift_of(np.array([3.0]), np.array([5.0]), confidence=0.98)


def told(label, *groups, critical=False):
    return Classified(label=Class(label), critical=critical), groups


@pytest.mark.parametrize(
    ("results", "weights", "wanted"),
    [
        ([told("Pass", "g")], {}, 100.0),
        ([told("High", "g")], {}, 0.0),
        ([told("Nodata", "g")], {}, 0.0),
        ([told("Pass", "g"), told("Pass", "g"), told("Nodata", "h")], {}, 100.0),
        ([told("Pass", "g"), told("High", "g")], {}, 50.0),
        ([told("Pass", "g"), told("High", "g"), told("Low", "g")], {}, 33.33),
        ([told("Pass", "a"), told("Pass", "a"), told("High", "b")], {"a": 75.0, "b": 25.0}, 75.0),
        ([told("Pass", "a"), told("High", "a"), told("High", "b")], {"a": 50.0, "b": 50.0}, 25.0),
        ([told("Pass", "a"), told("Nodata", "a"), told("High", "b")], {"a": 50.0, "b": 50.0}, 50.0),
        ([told("Pass", "g"), told("High", "g", critical=True)], {}, 0.0),
        ([told("Low", "g"), told("Pass", "g", critical=True)], {}, 50.0),
        ([told("Pass", "g"), told("Nodata", "g", critical=True)], {}, 0.0),
        (
            [told("High", "a"), told("Low", "a"), told("Pass", "a"), told("High", "b")],
            {"a": 15.0, "b": 85.0},
            5.0,
        ),
        ([told("Pass", "g"), told("NodataFailMetric", "g")], {}, 50.0),
    ],
)
def test_the_published_scores_come_out(results, weights, wanted) -> None:
    assert score(results, weights).score == wanted


def test_scores_say_why_they_are_zero_and_what_groups_have() -> None:
    found = score([told("Pass", "g"), told("Pass", "g"), told("Nodata", "h")], {})
    assert found.groups == {"g": 100.0, "h": 0.0}
    assert "no data" in score([told("Nodata", "g")], {}).reason
    assert score([], {}).score == 0.0
    assert [outcome_of(value, passing=95, marginal=75) for value in (95, 75, 74.9)] == [
        "Pass",
        "Marginal",
        "Fail",
    ]


CONFIG = {
    "name": "resnet",
    "judge": {"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {}},
    "metrics": [
        {
            "name": "errors",
            "groups": ["errors"],
            "query": {"type": "prometheus", "metricName": "errors_total"},
            "analysisConfigurations": {
                "canary": {
                    "direction": "increase",
                    "nanStrategy": "replace",
                    "critical": True,
                    "effectSize": {"allowedIncrease": 1.2, "criticalIncrease": 3},
                    "outliers": {"strategy": "remove", "outlierFactor": 5},
                }
            },
        },
        {
            "name": "latency",
            "groups": ["latency"],
            "analysisConfigurations": {
                "canary": {
                    "direction": "up",
                    "mustHaveData": True,
                    "effectSize": {"measure": "cles"},
                }
            },
        },
        {"name": "cpu", "groups": ["cpu"], "analysisConfigurations": {"canary": {"muted": True}}},
    ],
    "classifier": {
        "groupWeights": {"errors": 60.0, "latency": 40.0},
        "scoreThresholds": {"pass": 90.0, "marginal": 50.0},
    },
}


def test_a_configuration_is_read() -> None:
    config = parse_config(CONFIG)
    errors, latency, cpu = config.metrics
    assert errors.rule.direction is Direction.INCREASE
    assert errors.rule.replace_nan
    assert errors.rule.critical
    assert errors.rule.effect.allowed_increase == 1.2
    assert errors.rule.effect.critical_increase == 3.0
    assert errors.outlier_factor == 5.0
    assert latency.rule.direction is Direction.EITHER
    assert latency.rule.effect.allowed_increase == 0.5
    assert latency.outlier_factor is None
    assert cpu.muted
    assert (config.thresholds.passing, config.thresholds.marginal) == (90.0, 50.0)
    assert config.notes == (
        "latency: direction 'up' is read as the default; write increase or decrease or either",
    )


def test_a_request_around_a_configuration_has_its_own_thresholds() -> None:
    around = {
        "canaryConfig": CONFIG,
        "executionRequest": {"thresholds": {"pass": 80, "marginal": 10}},
    }
    assert parse_config(around).thresholds.passing == 80.0


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ([], "must be an object"),
        ({}, "metrics must be a list"),
        ({"metrics": [{}]}, r"metrics\[0\] needs a name"),
        ({"metrics": [{"name": "a"}, {"name": "a"}]}, "twice"),
        ({"metrics": [{"name": "a", "groups": "g"}]}, "groups"),
        (
            {"metrics": [{"name": "a", "analysisConfigurations": {"canary": {"critical": "yes"}}}]},
            "critical must be true or false",
        ),
        (
            {"metrics": [{"name": "a"}], "classifier": {"groupWeights": {"g": "much"}}},
            "must be a number",
        ),
    ],
)
def test_a_broken_configuration_names_the_place(broken, says) -> None:
    with pytest.raises(InvalidCanaryConfig, match=says):
        parse_config(broken)


def test_a_whole_judgement() -> None:
    rng = np.random.default_rng(3)
    calm = np.array([0.1, np.nan, 0.2, 0.15, 0.12, 0.18])
    points = {
        "errors": Points(canary=calm, baseline=calm[::-1]),
        "latency": Points(canary=np.array(LARGE), baseline=np.array(SMALL)),
        "cpu": Points(canary=np.array(LARGE), baseline=np.array(SMALL)),
    }
    found = judge(parse_config(json.loads(json.dumps(CONFIG))), points, rng)
    assert [(each.name, each.found.label) for each in found.metrics] == [
        ("errors", "Pass"),
        ("latency", "High"),
        ("cpu", "High"),
    ]
    assert found.scored.score == 60.0
    assert found.outcome == "Marginal"
    assert found.metrics[0].canary_points == 6
    assert found.metrics[0].found.reason == "both arms have the same points"
    without = judge(parse_config(CONFIG), {"errors": points["errors"]}, rng)
    assert without.metrics[1].found.label is Class.NODATA_FAIL_METRIC


def test_noise_comes_from_the_generator_alone() -> None:
    again = [
        classify(np.array(TENS), np.array(ONES), Rule(), np.random.default_rng(5)).shift
        for _ in range(2)
    ]
    assert len(set(again)) == 1


def test_more_bad_points_are_never_less_high() -> None:
    labels = [
        classified([100.0] * bad + [1.0] * (10 - bad), np.ones(10), Rule()).label == "High"
        for bad in range(11)
    ]
    assert all(before <= after for before, after in pairwise(labels))
