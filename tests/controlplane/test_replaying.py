"""A replay tells what the running control plane would have done."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.decide.alert_state import QUIET, AlertState, Intent, step
from controlplane.promise import GATE, make_promise
from controlplane.replaying import replay
from slo import CountHistory, Objective, RatioSli, Selector, Severity, SloSpec, evaluate

SPEC = SloSpec(
    name="x",
    service="s",
    description="",
    objective=Objective(target=0.9, window=timedelta(days=1)),
    sli=RatioSli(total=(Selector(name="all"),), bad=(Selector(name="bad"),)),
    labels={},
)
PROMISE = make_promise(SPEC, sources=[], interval_seconds=15.0)
STEPS = st.lists(
    st.tuples(st.integers(5, 1500), st.integers(0, 300), st.sampled_from([0.0, 0.0, 0.02, 1.0])),
    min_size=1,
    max_size=60,
)


def history_of(steps) -> CountHistory:
    times, total = np.cumsum([[step[0], step[1]] for step in steps], axis=0).T
    bad = np.cumsum([round(step[1] * step[2]) for step in steps])
    return CountHistory(times=times.astype(float), bad=bad, total=total)


def slowly(history, moments, keep) -> list[tuple[str, float, float | None, str]]:
    """Evaluate everything at each moment, one after the other."""
    alerts, found = {}, []
    for now in moments.tolist():
        decided = evaluate(
            PROMISE.rules, lambda length, m=now: history.window(m, length), SPEC.objective, GATE
        )
        for severity, decision in decided.items():
            before = alerts.get(severity, QUIET)
            taken = step(before, firing=decision.firing, now=now, keep_firing_seconds=keep)
            alerts[severity] = taken.alert
            if taken.intent is Intent.TRIGGER:
                found.append((severity, now, None, decision.reason))
            if taken.intent is Intent.RESOLVE:
                place = max(at for at, each in enumerate(found) if each[0] == severity)
                found[place] = (severity, found[place][1], now, found[place][3])
    assert sum(alert.state is AlertState.FIRING for alert in alerts.values()) == sum(
        each[2] is None for each in found
    )
    return sorted(found)


@settings(max_examples=40)
@given(STEPS, st.sampled_from([0.0, 45.0, 300.0]), st.sampled_from([15.0, 47.0]))
def test_a_replay_is_the_evaluation_at_each_moment(steps, keep, every):
    history = history_of(steps)
    moments = np.arange(0.0, history.times[-1] + 4_000.0, every)
    found = replay(PROMISE, history, moments, keep_firing_seconds=keep)
    told = sorted(
        (each.severity.value, each.fired_at, each.resolved_at, each.reason)
        for each in found.episodes
    )
    assert told == slowly(history, moments, keep)


def test_an_outage_pages_once_and_is_over_after_the_fix():
    steps = [(60, 100, 1.0 if 60 <= minute < 90 else 0.0) for minute in range(600)]
    history = history_of(steps)
    found = replay(PROMISE, history, history.times, keep_firing_seconds=60.0)
    assert found.count(Severity.PAGE) == 1
    page = next(each for each in found.episodes if each.severity is Severity.PAGE)
    assert page.fired_at == 68 * 60  # 8 of the last 12 minutes failed: more than 6 times a tenth
    assert page.resolved_at is not None
    assert page.resolved_at < 100 * 60
    assert (found.budget.counts.bad, found.budget.counts.total) == (3_000, 60_000)
