"""The state machine of a rollout, as one table.

Rule: a phase changes through `advance` and TRANSITIONS. Nothing else in trimtab may assign one.

Progressing is the only phase in which the canary's weight may grow. Promoting and RollingBack are
separate from their ends because asking for a weight and seeing it are two things: the plane may
die between them, and the next start continues from the phase that was saved.
"""

from enum import StrEnum

from controlplane.errors import IllegalTransition

__all__ = ["FINAL", "TRANSITIONS", "Event", "Phase", "advance"]


class Phase(StrEnum):
    """Where a rollout is."""

    PENDING = "Pending"
    PROGRESSING = "Progressing"
    PAUSED = "Paused"
    PROMOTING = "Promoting"
    SUCCEEDED = "Succeeded"
    ROLLING_BACK = "RollingBack"
    ROLLED_BACK = "RolledBack"
    FAILED = "Failed"
    SUPERSEDED = "Superseded"


class Event(StrEnum):
    """What happened to it."""

    CANARY_READY = "canary_ready"
    CUT_OVER = "cut_over"
    STEP_PASSED = "step_passed"
    LAST_STEP_PASSED = "last_step_passed"
    CANARY_FAILED = "canary_failed"
    GAVE_UP = "gave_up"
    DRILL_DONE = "drill_done"
    WEIGHT_REACHED = "weight_reached"
    APPROVAL_NEEDED = "approval_needed"
    APPROVED = "approved"
    LAST_APPROVED = "last_approved"
    REJECTED = "rejected"
    WEIGHT_SET = "weight_set"
    PROMOTE_ASKED = "promote_asked"
    PAUSE_ASKED = "pause_asked"
    RESUME_ASKED = "resume_asked"
    ABORT_ASKED = "abort_asked"
    NEWER_ROLLOUT = "newer_rollout"


TRANSITIONS: dict[tuple[Phase, Event], Phase] = {
    (Phase.PENDING, Event.CANARY_READY): Phase.PROGRESSING,
    (Phase.PENDING, Event.CUT_OVER): Phase.PROMOTING,
    (Phase.PENDING, Event.ABORT_ASKED): Phase.ROLLING_BACK,
    (Phase.PENDING, Event.GAVE_UP): Phase.FAILED,
    (Phase.PENDING, Event.NEWER_ROLLOUT): Phase.SUPERSEDED,
    (Phase.PROGRESSING, Event.STEP_PASSED): Phase.PROGRESSING,
    (Phase.PROGRESSING, Event.LAST_STEP_PASSED): Phase.PROMOTING,
    (Phase.PROGRESSING, Event.APPROVAL_NEEDED): Phase.PAUSED,
    (Phase.PROGRESSING, Event.WEIGHT_SET): Phase.PROGRESSING,
    (Phase.PROGRESSING, Event.PROMOTE_ASKED): Phase.PROMOTING,
    (Phase.PROGRESSING, Event.CANARY_FAILED): Phase.ROLLING_BACK,
    (Phase.PROGRESSING, Event.GAVE_UP): Phase.ROLLING_BACK,
    (Phase.PROGRESSING, Event.DRILL_DONE): Phase.ROLLING_BACK,
    (Phase.PROGRESSING, Event.PAUSE_ASKED): Phase.PAUSED,
    (Phase.PROGRESSING, Event.ABORT_ASKED): Phase.ROLLING_BACK,
    (Phase.PROGRESSING, Event.NEWER_ROLLOUT): Phase.SUPERSEDED,
    (Phase.PAUSED, Event.APPROVED): Phase.PROGRESSING,
    (Phase.PAUSED, Event.LAST_APPROVED): Phase.PROMOTING,
    (Phase.PAUSED, Event.REJECTED): Phase.ROLLING_BACK,
    (Phase.PAUSED, Event.RESUME_ASKED): Phase.PROGRESSING,
    (Phase.PAUSED, Event.PROMOTE_ASKED): Phase.PROMOTING,
    (Phase.PAUSED, Event.CANARY_FAILED): Phase.ROLLING_BACK,
    (Phase.PAUSED, Event.ABORT_ASKED): Phase.ROLLING_BACK,
    (Phase.PAUSED, Event.NEWER_ROLLOUT): Phase.SUPERSEDED,
    (Phase.PROMOTING, Event.WEIGHT_REACHED): Phase.SUCCEEDED,
    (Phase.PROMOTING, Event.ABORT_ASKED): Phase.ROLLING_BACK,
    (Phase.ROLLING_BACK, Event.WEIGHT_REACHED): Phase.ROLLED_BACK,
}

FINAL: frozenset[Phase] = frozenset(Phase) - {phase for phase, _ in TRANSITIONS}
"""Phases that nothing leaves: a rollout in one of them is history."""


def advance(phase: Phase, event: Event) -> Phase:
    """Return the next phase.

    Raises:
        IllegalTransition: The message lists the events that this phase accepts.

    >>> advance(Phase.PROGRESSING, Event.CANARY_FAILED)
    <Phase.ROLLING_BACK: 'RollingBack'>
    """
    try:
        return TRANSITIONS[phase, event]
    except KeyError:
        legal = ", ".join(e for p, e in TRANSITIONS if p is phase) or "nothing: it is final"
        msg = f"A rollout that is {phase} cannot take {event}. It accepts {legal}."
        raise IllegalTransition(msg) from None
