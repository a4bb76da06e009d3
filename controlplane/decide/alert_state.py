"""The state machine of an alert, as one table, and the decision that drives it.

An alert is one SLO at one severity. Absence of data never ends an alert: a service that vanished
while it was burning is not well.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from controlplane.errors import IllegalTransition

__all__ = ["QUIET", "TRANSITIONS", "Alert", "AlertEvent", "AlertState", "Intent", "Step", "step"]


class AlertState(StrEnum):
    """Where an alert is."""

    INACTIVE = "inactive"
    FIRING = "firing"
    RESOLVED = "resolved"


class AlertEvent(StrEnum):
    """What an evaluation means for the alert."""

    CROSSED = "crossed"
    CLEARED = "cleared"


class Intent(StrEnum):
    """What the people behind a receiver should be told."""

    TRIGGER = "trigger"
    RESOLVE = "resolve"


TRANSITIONS: dict[tuple[AlertState, AlertEvent], AlertState] = {
    (AlertState.INACTIVE, AlertEvent.CROSSED): AlertState.FIRING,
    (AlertState.FIRING, AlertEvent.CLEARED): AlertState.RESOLVED,
    (AlertState.RESOLVED, AlertEvent.CROSSED): AlertState.FIRING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as it stands.

    Attributes:
        state: See AlertState.
        episode: Counts firings, so that each firing is a new incident for the receiver.
        starts_at: When this episode began, Unix seconds; 0 before the first.
        ends_at: When it ended; None while it fires and before the first.
        clear_since: Since when every evaluation has been below the threshold; None while not.
    """

    state: AlertState = AlertState.INACTIVE
    episode: int = 0
    starts_at: float = 0.0
    ends_at: float | None = None
    clear_since: float | None = None


QUIET = Alert()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The alert after one evaluation, whom to tell what (or None), and why."""

    alert: Alert
    intent: Intent | None
    reason: str


def advance(state: AlertState, event: AlertEvent) -> AlertState:
    """Return the next state.

    Raises:
        IllegalTransition: The message lists the events that this state accepts.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        legal = ", ".join(e for s, e in TRANSITIONS if s is state)
        msg = f"An alert that is {state} cannot take {event}. It accepts {legal}."
        raise IllegalTransition(msg) from None


def step(alert: Alert, *, firing: bool | None, now: float, keep_firing_seconds: float) -> Step:
    """Take one evaluation into account.

    Args:
        alert: As it stood.
        firing: The rule's answer; None when there was no data to judge by.
        now: Unix seconds.
        keep_firing_seconds: How long the rule must stay quiet before the alert resolves.
    """
    if firing is None:
        unchanged = replace(alert, clear_since=None)
        return Step(alert=unchanged, intent=None, reason="no data: the state stays as it is")
    if alert.state is not AlertState.FIRING:
        return _fire(alert, now) if firing else Step(alert=alert, intent=None, reason="quiet")
    if firing:
        return Step(alert=replace(alert, clear_since=None), intent=None, reason="still firing")
    since = now if alert.clear_since is None else alert.clear_since
    if now - since < keep_firing_seconds:
        waiting = replace(alert, clear_since=since)
        return Step(
            alert=waiting, intent=None, reason=f"below the threshold for {now - since:.0f} s"
        )
    ended = Alert(
        state=advance(alert.state, AlertEvent.CLEARED),
        episode=alert.episode,
        starts_at=alert.starts_at,
        ends_at=now,
    )
    return Step(alert=ended, intent=Intent.RESOLVE, reason="the burning stopped")


def _fire(alert: Alert, now: float) -> Step:
    fired = Alert(
        state=advance(alert.state, AlertEvent.CROSSED), episode=alert.episode + 1, starts_at=now
    )
    return Step(alert=fired, intent=Intent.TRIGGER, reason="the threshold was crossed")
