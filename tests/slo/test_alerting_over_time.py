"""Many moments at once say what each moment says by itself."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo import (
    CountHistory,
    EvidenceGate,
    InvalidCounts,
    Objective,
    evaluate,
    firing_over_time,
    rules_for,
)

STEPS = st.lists(
    st.tuples(st.integers(1, 4000), st.integers(0, 400), st.sampled_from([0.0, 0.0, 0.01, 0.3, 1])),
    min_size=1,
    max_size=40,
)


def history_of(steps) -> CountHistory:
    times, total = np.cumsum([[step[0], step[1]] for step in steps], axis=0).T
    bad = np.cumsum([round(step[1] * step[2]) for step in steps])
    return CountHistory(times=times.astype(float), bad=bad, total=total)


@settings(max_examples=200)
@given(
    STEPS,
    st.sampled_from([0.9, 0.99, 0.999]),
    st.sampled_from([EvidenceGate(), EvidenceGate(chance=0.1, min_bad=1)]),
    st.lists(st.floats(-10.0, 200_000.0), min_size=1, max_size=20),
)
def test_many_moments_say_what_each_says_by_itself(steps, target, gate, moments):
    history, at = history_of(steps), np.array(moments)
    objective = Objective(target=target, window=timedelta(days=1))
    rules = rules_for(objective.window, resolution=timedelta(seconds=30))
    found = firing_over_time(rules, history, at, objective, gate)
    for place, moment in enumerate(moments):
        each = evaluate(rules, lambda length, m=moment: history.window(m, length), objective, gate)
        for severity, decision in each.items():
            code = {True: 1, False: 0, None: -1}[decision.firing]
            assert found[severity][place] == code, (moment, severity)


@given(STEPS, st.floats(0.0, 100_000.0), st.floats(0.0, 100_000.0))
def test_a_span_is_what_happened_after_its_start_and_up_to_its_end(steps, a, b):
    start, end = sorted((a, b))
    history, now, bad, total = history_of(steps), 0, 0, 0
    for seconds, events, share in steps:
        now += seconds
        if start < now <= end:
            bad, total = bad + round(events * share), total + events
    found = history.since(start, end)
    assert (found.bad, found.total) == (bad, total)


@given(STEPS, st.floats(0.0, 60_000.0), st.floats(0.0, 60_000.0), st.floats(0.0, 99_000.0))
def test_what_is_taken_out_is_in_no_window(steps, a, b, begin):
    start, end = sorted((a, b))
    history = history_of(steps)
    cut = history.without(start, end)
    whole, taken = history.since(begin, 1e9), history.since(max(start, begin), max(end, begin))
    left = cut.since(begin, 1e9)
    assert (left.bad, left.total) == (whole.bad - taken.bad, whole.total - taken.total)
    inside = cut.since(start, end)
    assert (inside.bad, inside.total) == (0, 0)


@pytest.mark.parametrize(
    ("times", "reason"),
    [([1.0, 1.0], "must rise"), ([1.0], "1 moments, 2 and 2 sums")],
)
def test_what_is_no_history_is_refused(times, reason):
    sums = np.array([1, 2])
    with pytest.raises(InvalidCounts, match=reason):
        CountHistory(times=np.array(times), bad=sums, total=sums)
