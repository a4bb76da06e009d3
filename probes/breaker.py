"""The circuit breaker of one version, as a table of states and one decision. Pure.

It is fed by what was counted and by what probes found, not by calls that pass through it. Absence
of data neither opens nor closes it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from probes.errors import IllegalOrder

__all__ = [
    "TRANSITIONS",
    "Breaker",
    "BreakerPolicy",
    "CallCounts",
    "Event",
    "State",
    "decide",
    "order",
    "weight_factor",
]


class State(StrEnum):
    """Where a breaker is."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"


class Event(StrEnum):
    """What happened to it."""

    TOO_MANY_BAD = "too_many_bad"
    PROBES_FAILED = "probes_failed"
    WAITED = "waited"
    TRIAL_PASSED = "trial_passed"
    TRIAL_FAILED = "trial_failed"
    ORDERED_OPEN = "ordered_open"
    ORDERED_OFF = "ordered_off"
    RELEASED = "released"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.CLOSED, Event.TOO_MANY_BAD): State.OPEN,
    (State.CLOSED, Event.PROBES_FAILED): State.OPEN,
    (State.OPEN, Event.WAITED): State.HALF_OPEN,
    (State.HALF_OPEN, Event.TRIAL_PASSED): State.CLOSED,
    (State.HALF_OPEN, Event.TRIAL_FAILED): State.OPEN,
    (State.HALF_OPEN, Event.PROBES_FAILED): State.OPEN,
    **{(state, Event.ORDERED_OPEN): State.FORCED_OPEN for state in State},
    **{(state, Event.ORDERED_OFF): State.DISABLED for state in State},
    **{(state, Event.RELEASED): State.CLOSED for state in State},
}
"""What a person orders holds until that person releases it; nothing else leaves those two states."""

ORDERS = (Event.ORDERED_OPEN, Event.ORDERED_OFF, Event.RELEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When it opens and how it closes. Shares in [0, 1], times in seconds.

    Attributes:
        failure_rate: Opens at this share of failed calls.
        slow_rate: Opens at this share of slow calls.
        min_calls: Fewer calls than this decide nothing.
        open_seconds: How long it stays open before a trial.
        trial_share: Share of its traffic that a version gets on trial.
        trial_calls: Calls of a trial that must not be too bad for it to close.
        max_trial_seconds: A trial without enough calls ends by what the probes say.
        probe_failures: Opens after so many failed probes in a row.
    """

    failure_rate: float = 0.5
    slow_rate: float = 0.8
    min_calls: int = 20
    open_seconds: float = 30.0
    trial_share: float = 0.05
    trial_calls: int = 5
    max_trial_seconds: float = 60.0
    probe_failures: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCounts:
    """Calls since ``max(window, last change of state)``, and how many of them failed or were slow."""

    total: int
    failed: int
    slow: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """A breaker as it stands, since when (Unix seconds), and why."""

    state: State = State.CLOSED
    since: float = 0.0
    reason: str = "nothing against it"

    @property
    def keeps_out(self) -> bool:
        """Whether a version gets no traffic at all."""
        return self.state in (State.OPEN, State.FORCED_OPEN)


def weight_factor(breaker: Breaker, policy: BreakerPolicy) -> float:
    """Return the share of its normal traffic that a version gets."""
    if breaker.state is State.HALF_OPEN:
        return policy.trial_share
    return 0.0 if breaker.keeps_out else 1.0


def order(breaker: Breaker, event: Event, *, who: str, now: float) -> Breaker:
    """Carry out what a person wants: open it, switch it off, or give it back to the rules.

    Raises:
        IllegalOrder: The event is not for people to order; the message lists those that are.
    """
    if event not in ORDERS:
        msg = f"Nobody can order {event}. Orders are {', '.join(ORDERS)}."
        raise IllegalOrder(msg)
    reason = f"{event.replace('_', ' ')} by {who}"
    return Breaker(state=TRANSITIONS[breaker.state, event], since=now, reason=reason)


def decide(
    breaker: Breaker,
    calls: CallCounts,
    policy: BreakerPolicy,
    *,
    probes_failed: int,
    probes_fine: bool,
    now: float,
) -> Breaker:
    """Take one look at a version.

    Args:
        breaker: As it stood.
        calls: What was counted since the window began or the state changed, whichever is later.
        policy: Its limits.
        probes_failed: Failed probes in a row; 0 when there are none.
        probes_fine: The last answers of all its probes were good; False when nothing is known.
        now: Unix seconds.
    """
    if breaker.state in (State.FORCED_OPEN, State.DISABLED):
        return breaker
    seconds = now - breaker.since
    if breaker.state is State.OPEN:
        event, reason = _while_open(policy, probes_failed, seconds)
    elif probes_failed >= policy.probe_failures:
        event, reason = Event.PROBES_FAILED, f"{probes_failed} probes failed in a row"
    elif breaker.state is State.CLOSED:
        reason = _too_bad(calls, policy, policy.min_calls)
        event = Event.TOO_MANY_BAD if reason else None
    else:
        event, reason = _on_trial(calls, policy, probes_fine=probes_fine, seconds=seconds)
    if event is None:
        return breaker if not reason else replace(breaker, reason=reason)
    return Breaker(state=TRANSITIONS[breaker.state, event], since=now, reason=reason)


def _while_open(
    policy: BreakerPolicy, probes_failed: int, seconds: float
) -> tuple[Event | None, str]:
    if seconds < policy.open_seconds:
        return None, ""
    if probes_failed:
        return None, f"open: {probes_failed} probes failed in a row"
    return Event.WAITED, f"on trial with {policy.trial_share:.0%} of its traffic"


def _on_trial(
    calls: CallCounts, policy: BreakerPolicy, *, probes_fine: bool, seconds: float
) -> tuple[Event | None, str]:
    bad = _too_bad(calls, policy, policy.trial_calls)
    if bad:
        return Event.TRIAL_FAILED, f"trial failed: {bad}"
    if calls.total >= policy.trial_calls:
        return Event.TRIAL_PASSED, f"trial passed: {calls.failed} of {calls.total} failed"
    if seconds < policy.max_trial_seconds:
        return None, f"on trial: {calls.total} of {policy.trial_calls} calls"
    if probes_fine:
        return Event.TRIAL_PASSED, "trial without enough calls; its probes are fine"
    return None, "trial without enough calls, and probes say nothing good"


def _too_bad(calls: CallCounts, policy: BreakerPolicy, least: int) -> str:
    if calls.total < least:
        return ""
    if calls.failed >= policy.failure_rate * calls.total:
        return f"{calls.failed} of {calls.total} calls failed"
    if calls.slow >= policy.slow_rate * calls.total:
        return f"{calls.slow} of {calls.total} calls were slow"
    return ""
