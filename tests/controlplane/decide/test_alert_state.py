from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.decide.alert_state import (
    QUIET,
    Alert,
    AlertEvent,
    AlertState,
    Intent,
    advance,
    step,
)
from controlplane.errors import IllegalTransition

FIRING = Alert(state=AlertState.FIRING, episode=1, starts_at=100.0)


def test_crossing_the_threshold_fires_and_tells() -> None:
    taken = step(QUIET, firing=True, now=100.0, keep_firing_seconds=60.0)
    assert (taken.alert, taken.intent) == (FIRING, Intent.TRIGGER)


def test_an_alert_resolves_only_after_it_stayed_quiet() -> None:
    first = step(FIRING, firing=False, now=200.0, keep_firing_seconds=60.0)
    assert first.intent is None
    assert first.alert.clear_since == 200.0
    second = step(first.alert, firing=False, now=259.0, keep_firing_seconds=60.0)
    assert second.intent is None
    third = step(second.alert, firing=False, now=260.0, keep_firing_seconds=60.0)
    assert third.intent is Intent.RESOLVE
    assert third.alert.ends_at == 260.0


def test_a_short_calm_does_not_count_towards_the_next() -> None:
    calm = step(FIRING, firing=False, now=200.0, keep_firing_seconds=60.0).alert
    again = step(calm, firing=True, now=210.0, keep_firing_seconds=60.0).alert
    assert again.clear_since is None


@pytest.mark.parametrize("alert", [QUIET, FIRING, replace(FIRING, clear_since=150.0)])
def test_no_data_changes_no_state(alert: Alert) -> None:
    taken = step(alert, firing=None, now=1_000.0, keep_firing_seconds=0.0)
    assert taken.alert.state is alert.state
    assert taken.intent is None
    assert taken.alert.clear_since is None


def test_every_firing_is_an_episode_of_its_own() -> None:
    ended = step(FIRING, firing=False, now=200.0, keep_firing_seconds=0.0).alert
    assert step(ended, firing=True, now=300.0, keep_firing_seconds=0.0).alert.episode == 2


@given(st.lists(st.sampled_from([True, False, None]), max_size=60), st.floats(0, 5))
def test_triggers_and_resolves_alternate(answers: list[bool | None], keep: float) -> None:
    alert, told = QUIET, []
    for second, firing in enumerate(answers):
        taken = step(alert, firing=firing, now=float(second), keep_firing_seconds=keep)
        alert = taken.alert
        told += [taken.intent] if taken.intent else []
    assert told == [Intent.TRIGGER, Intent.RESOLVE] * (len(told) // 2) + told[len(told) & ~1 :]
    assert (alert.state is AlertState.FIRING) == (len(told) % 2 == 1)


def test_what_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(IllegalTransition, match="accepts crossed"):
        advance(AlertState.INACTIVE, AlertEvent.CLEARED)
