"""How a rollout ended, in one word that programs can go by."""

from enum import StrEnum

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Event, Phase

__all__ = ["Outcome", "outcome_of"]


class Outcome(StrEnum):
    """How it ended.

    Attributes:
        PROMOTED: The version serves.
        ROLLED_BACK: It was found to be bad, and sent home.
        ABORTED: A person, or an approval that nobody gave, sent it home.
        INCONCLUSIVE: It was sent home because nothing was proven in time.
        DRILLED: It was a drill, and is home again.
        SUPERSEDED: A newer rollout took its place.
        FAILED: It never got any traffic.
    """

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    ABORTED = "aborted"
    INCONCLUSIVE = "inconclusive"
    DRILLED = "drilled"
    SUPERSEDED = "superseded"
    FAILED = "failed"


ENDS = {
    Phase.SUCCEEDED: Outcome.PROMOTED,
    Phase.SUPERSEDED: Outcome.SUPERSEDED,
    Phase.FAILED: Outcome.FAILED,
}
SENT_HOME = {
    Event.GAVE_UP: Outcome.INCONCLUSIVE,
    Event.ABORT_ASKED: Outcome.ABORTED,
    Event.REJECTED: Outcome.ABORTED,
    Event.DRILL_DONE: Outcome.DRILLED,
}


def outcome_of(rollout: Rollout) -> Outcome | None:
    """Return how a rollout ended; None while it has not."""
    progress = rollout.progress
    if progress.phase is Phase.ROLLED_BACK:
        found = (outcome for event, outcome in SENT_HOME.items() if event == progress.cause)
        return next(found, Outcome.ROLLED_BACK)
    return ENDS.get(progress.phase)
