import json
from dataclasses import replace

import numpy as np
import pytest

from canary_analysis import InvalidInterval, Kind, Metric, Policy
from canary_analysis.compare import compare, read_past, usual_config
from canary_analysis.compare_points import points_of
from canary_analysis.compare_recording import ArmCounts, MetricCounts, Recording
from canary_analysis.errors import InvalidSnapshot
from canary_analysis.kayenta import parse_config

ERRORS = Metric(name="errors", kind=Kind.ERRORS)
LATENCY = Metric(name="latency", kind=Kind.LATENCY, edges=(0.1, 0.5, 1.0))
POLICY = Policy(alpha=0.01)


def arm(names, counts):
    return ArmCounts(replicas=names, counts=np.array(counts, dtype=np.int64))


def errors(minutes=30, *, canary_bad=0.001, bad=0.001, seed=1, onset=0):
    """Three canary replicas and nine of the baseline, 600 requests a minute and replica."""
    rng = np.random.default_rng(seed)

    def counted(replicas, share):
        total = rng.poisson(600, (minutes, replicas))
        failing = np.where(np.arange(minutes) >= onset, share, bad)[:, None]
        return np.stack([total, rng.binomial(total, failing)], axis=2)

    return Recording(
        metrics=(
            MetricCounts(
                metric=ERRORS,
                canary=arm(("a", "b", "c"), counted(3, canary_bad)),
                baseline=arm(tuple("defghijkl"), counted(9, bad)),
            ),
        ),
        ends=np.arange(1, minutes + 1) * 60.0,
    )


def test_a_bad_past_is_rolled_back_at_the_first_conviction() -> None:
    found = read_past(errors(canary_bad=0.02, onset=10), POLICY)
    assert found.verdict.decision == "rollback"
    assert 600 < found.at_seconds <= 720
    assert found.readings == found.at_seconds / 60


def test_a_good_past_is_promoted_at_its_end() -> None:
    found = read_past(errors(minutes=60), POLICY)
    assert found.verdict.decision == "promote"
    assert (found.at_seconds, found.readings) == (3600.0, 60)


def test_an_arm_that_fell_silent_is_never_promoted() -> None:
    good = replace(errors(minutes=60), seen_until=2400.0)
    found = read_past(good, POLICY)
    assert found.verdict.decision == "invalid"
    assert found.verdict.reasons[0].code == "stale_data"
    assert found.readings == 40
    assert Recording.from_plain(good.to_plain()).seen_until == 2400.0
    bad = replace(errors(canary_bad=0.02, onset=10), seen_until=1200.0)
    assert read_past(bad, POLICY).verdict.decision == "rollback"


def test_no_requests_is_no_success() -> None:
    nothing = np.zeros((5, 1, 2))
    silent = Recording(
        metrics=(
            MetricCounts(metric=ERRORS, canary=arm(("a",), nothing), baseline=arm(("b",), nothing)),
        ),
        ends=np.arange(1, 6) * 60.0,
    )
    assert read_past(silent, POLICY).verdict.decision == "invalid"
    empty = Recording(
        metrics=(
            MetricCounts(
                metric=ERRORS,
                canary=arm(("a",), nothing[:0]),
                baseline=arm(("b",), nothing[:0]),
            ),
        ),
        ends=np.zeros(0),
    )
    assert read_past(empty, POLICY).verdict.decision == "invalid"
    assert empty.seconds == 0.0


def test_a_recording_survives_json_to_the_last_count() -> None:
    before = errors()
    after = Recording.from_plain(json.loads(json.dumps(before.to_plain())))
    assert (after.ends == before.ends).all()
    assert after.metrics[0].metric == ERRORS
    assert (after.metrics[0].canary.counts == before.metrics[0].canary.counts).all()
    assert read_past(after, POLICY) == read_past(before, POLICY)


@pytest.mark.parametrize("missing", ["metrics", "endsMilliseconds", "sideBySide", "seenUntil"])
def test_a_damaged_recording_is_refused(missing) -> None:
    saved = errors(2).to_plain()
    del saved[missing]
    with pytest.raises(InvalidSnapshot):
        Recording.from_plain(saved)


def test_counts_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidInterval, match="errors has counts of shape"):
        Recording(
            metrics=(
                MetricCounts(
                    metric=ERRORS,
                    canary=arm(("a",), np.zeros((2, 1, 3))),
                    baseline=arm(("b",), np.zeros((2, 1, 2))),
                ),
            ),
            ends=np.array([1.0, 2.0]),
        )


def test_points_are_shares_and_quantiles_by_step() -> None:
    # Per tick of 30 s: 10 requests, 4 above 0.1 s, 2 above 0.5 s, none above 1 s.
    slow = np.tile([10, 4, 2, 0], (4, 1, 1))
    slow[2:] = [0, 0, 0, 0]
    failing = np.tile([10, 1], (4, 1, 1))
    recording = Recording(
        metrics=(
            MetricCounts(metric=ERRORS, canary=arm(("a",), failing), baseline=arm(("b",), failing)),
            MetricCounts(metric=LATENCY, canary=arm(("a",), slow), baseline=arm(("b",), slow)),
        ),
        ends=np.array([30.0, 60.0, 90.0, 120.0]),
    )
    points = points_of(recording)
    assert list(points) == ["errors", "latency p50", "latency p90", "latency p99"]
    assert points["errors"].canary.tolist() == [0.1, 0.1]
    assert points["latency p50"].canary[0] == pytest.approx(0.1 * 5 / 6)
    assert points["latency p90"].canary[0] == pytest.approx(0.75)
    assert np.isnan(points["latency p50"].canary[1])
    beyond = np.tile([10, 10, 10, 10], (2, 1, 1))
    over = Recording(
        metrics=(
            MetricCounts(metric=LATENCY, canary=arm(("a",), beyond), baseline=arm(("b",), beyond)),
        ),
        ends=np.array([30.0, 60.0]),
    )
    assert points_of(over)["latency p50"].canary.tolist() == [1.0]


def test_both_judges_read_one_past() -> None:
    bad = errors(canary_bad=0.02)
    found = compare(bad, POLICY, usual_config(bad), np.random.default_rng(1))
    assert found.ours.verdict.decision == "rollback"
    assert found.ours.at_seconds == 60.0
    assert found.kayenta.at_end.outcome == "Fail"
    assert found.kayenta.stopped_seconds == 300.0
    assert found.kayenta.readings == 1


def test_kayenta_is_not_asked_before_there_are_five_points() -> None:
    short = errors(4, canary_bad=0.02)
    found = compare(short, POLICY, usual_config(short), np.random.default_rng(1))
    assert (found.kayenta.readings, found.kayenta.stopped) == (0, None)


def test_a_configuration_of_ones_own_is_kept_to() -> None:
    lax = {
        "metrics": [
            {
                "name": "errors",
                "analysisConfigurations": {"canary": {"direction": "decrease"}},
            }
        ]
    }
    found = compare(errors(canary_bad=0.02), POLICY, parse_config(lax), np.random.default_rng(1))
    assert found.kayenta.at_end.outcome == "Pass"
    assert found.kayenta.readings == 26
