"""What is stored of a rollout gives the same verdicts again, whatever happened in it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_analysis import Analysis, Interval, Kind, Metric, Policy, Readings
from canary_analysis.arrays import from_text, to_text
from controlplane.errors import InvalidConfig
from controlplane.evidence import evidence_of
from controlplane.recorded.rollout_verdicts import KIND, VERSION, digest_of, recompute_rollout

METRICS = (
    Metric(name="errors", kind=Kind.ERRORS),
    Metric(name="latency", kind=Kind.LATENCY, edges=(0.1, 0.5, 1.0)),
    Metric(name="GPU use", kind=Kind.GAUGE, margin=2.0),
)
NAMES = ("a", "b", "c", "d")
SEEDS = st.integers(0, 2**32 - 1)


def arm(rng, bad, slow):
    """Counts of one to four replicas: requests, errors, and answers beyond each edge."""
    names = NAMES[: rng.integers(1, len(NAMES) + 1)]
    total = rng.poisson(rng.choice([0, 3, 200]), len(names))
    shares = np.array([0.5, 0.1, 0.02]) * slow
    above = np.minimum.accumulate(rng.binomial(total[:, None], shares), axis=1)
    return names, total, rng.binomial(total, bad)[:, None], above


def a_tick(rng, bad, slow, elapsed):
    """One tick; now and then a metric was not scraped."""
    here, there = arm(rng, bad, slow), arm(rng, 0.02, 1.0)
    found = {}
    for name, column in (("errors", 2), ("latency", 3)):
        if rng.random() < 0.9:
            found[name] = Interval(
                canary_replicas=here[0],
                canary_total=here[1],
                canary_above=here[column],
                baseline_replicas=there[0],
                baseline_total=there[1],
                baseline_above=there[column],
                elapsed_seconds=elapsed,
            )
    if rng.random() < 0.7:
        levels = {name: float(rng.normal(50.0, 5.0)) for name in here[0]}
        usual = {name: float(rng.normal(48.0, 5.0)) for name in there[0]}
        found["GPU use"] = Readings(canary=levels, baseline=usual, elapsed_seconds=elapsed)
    return found


def history(seed):
    """A random rollout, saved and taken up again now and then, as one kept verdict."""
    rng = np.random.default_rng(seed)
    policy = Policy(alpha=float(rng.choice([0.01, 0.2])), soak_seconds=60.0, prior_phi=2.0)
    analysis, elapsed = Analysis.start(METRICS, policy), 0.0
    bad, slow = rng.choice([0.02, 0.2]), rng.choice([1.0, 1.6])
    for _ in range(rng.integers(1, 40)):
        elapsed += float(rng.choice([0.5, 10.0, 130.0]))
        analysis = analysis.observe(a_tick(rng, bad, slow, elapsed))
        if rng.random() < 0.2:
            analysis = Analysis.restore(through_json(analysis.snapshot()))
    return kept(analysis, elapsed)


def kept(analysis, elapsed, generation=4):
    verdict, state = evidence_of(analysis.judge(elapsed)), analysis.snapshot()
    return through_json(
        {
            "generation": generation,
            "phase": "Progressing",
            "decision": verdict["decision"],
            "judgedSeconds": elapsed,
            "verdict": verdict,
            "state": state,
            "digest": digest_of(elapsed, verdict, state),
        }
    )


def through_json(value):
    return json.loads(json.dumps(value))


def document(*verdicts):
    return {"kind": KIND, "version": VERSION, "rollout": "r-1", "verdicts": list(verdicts)}


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_every_verdict_comes_out_of_its_state_again_in_each_field(seed) -> None:
    stored = history(seed)
    (found,) = recompute_rollout(document(stored))
    assert found.differences == ()
    assert found.now == stored["decision"]
    again = evidence_of(Analysis.restore(stored["state"]).judge(stored["judgedSeconds"]))
    assert through_json(again) == stored["verdict"]  # to the last bit, on one machine


@settings(max_examples=40, deadline=None)
@given(
    SEEDS,
    st.sampled_from(["canary", "baseline", "against", "even", "proof"]),
    st.integers(0, 10**6),
    st.sampled_from([-1, 1]),
)
def test_a_single_count_that_was_changed_is_found(seed, part, place, change) -> None:
    stored = history(seed)
    saved = stored["state"][part]
    key = "sums" if "sums" in saved else "total"
    counts = from_text(key, saved[key]).copy()
    counts.flat[place % counts.size] += change
    saved[key] = to_text(counts)
    (found,) = recompute_rollout(document(stored))
    assert any(each.startswith("/digest") for each in found.differences)


def bad_rollout():
    analysis = Analysis.start(METRICS[:1], Policy(alpha=0.05))
    tick = Interval(
        canary_replicas=NAMES[:3],
        canary_total=np.full(3, 400),
        canary_above=np.full((3, 1), 40),
        baseline_replicas=NAMES[:3],
        baseline_total=np.full(3, 400),
        baseline_above=np.full((3, 1), 4),
        elapsed_seconds=10.0,
    )
    return analysis.observe({"errors": tick})


def test_a_changed_count_gives_another_verdict_even_with_a_new_checksum() -> None:
    stored = kept(bad_rollout(), 10.0)
    assert stored["decision"] == "rollback"
    counts = from_text("sums", stored["state"]["against"]["sums"]).copy()
    counts[0] //= 20
    stored["state"]["against"]["sums"] = to_text(counts)
    stored["digest"] = digest_of(10.0, stored["verdict"], stored["state"])
    (found,) = recompute_rollout(document(stored))
    assert found.now != "rollback"
    assert any(each.startswith("/decision: rollback is ") for each in found.differences)
    assert any(each.startswith("/verdict/e_value") for each in found.differences)


def test_a_changed_verdict_is_found_beside_one_that_was_not() -> None:
    honest, changed = kept(bad_rollout(), 10.0), kept(bad_rollout(), 10.0, generation=5)
    changed["verdict"]["findings"][0]["canary_events"] -= 1
    first, second = recompute_rollout(document(honest, changed))
    assert (first.differences, first.what) == ((), "generation 4, Progressing")
    assert "/verdict/findings/0/canary_events: 119 is 120 now" in second.differences


def test_what_other_programs_write_of_whole_numbers_is_the_same() -> None:
    stored = kept(bad_rollout(), 10.0)
    assert stored["judgedSeconds"] == 10.0
    (found,) = recompute_rollout(document({**stored, "judgedSeconds": 10}))
    assert found.differences == ()


def test_a_state_that_was_left_out_is_no_verdict_that_held() -> None:
    (found,) = recompute_rollout(document({**kept(bad_rollout(), 10.0), "state": None}))
    assert found.differences == ("/state: it was left out; ask with ?generation=4",)
    assert found.now == "unreadable"


@pytest.mark.parametrize(
    "damage",
    [
        {"state": {}},
        {"state": {"version": 99}},
        {"state": []},
        {"judgedSeconds": "soon"},
        {"verdict": None},
    ],
)
def test_damage_is_told_and_not_passed_over(damage) -> None:
    (found,) = recompute_rollout(document({**kept(bad_rollout(), 10.0), **damage}))
    assert found.differences


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 99}, "version 99"),
        ({"verdicts": []}, "holds no verdict"),
        ({"verdicts": None}, "holds no verdict"),
        ({"verdicts": [7]}, "cannot be read"),
    ],
)
def test_what_is_no_analysis_is_refused(changes, says) -> None:
    with pytest.raises(InvalidConfig, match=says):
        recompute_rollout({**document(kept(bad_rollout(), 10.0)), **changes})


def test_a_packed_count_larger_than_it_says_is_refused() -> None:
    stored = kept(bad_rollout(), 10.0)
    bomb = to_text(np.zeros(1 << 20, dtype=np.int64))
    stored["state"]["sides"] = bomb | {"shape": [3, 1]}
    (found,) = recompute_rollout(document(stored))
    assert any("/state: it cannot be read" in each for each in found.differences)
    stored["state"]["sides"] = bomb | {"shape": [1 << 20, 1 << 20]}
    (found,) = recompute_rollout(document(stored))
    assert any("its shape is" in each for each in found.differences)
    assert replace(found, differences=()).now == "unreadable"
