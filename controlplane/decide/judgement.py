"""What is said of a version to whoever moves its traffic: go on, all of it, or back."""

from dataclasses import dataclass
from enum import StrEnum

from canary_analysis import Decision
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_outcome import Outcome, outcome_of
from controlplane.decide.rollout_state import Event, Phase

__all__ = ["Judgement", "Saying", "judge"]


class Saying(StrEnum):
    """What is said.

    Attributes:
        PROMOTE: It is proven good enough, or a person said so.
        ROLLBACK: It is worse, or a person sent it home.
        CONTINUE: Nothing speaks against it, and not enough for it yet.
        INCONCLUSIVE: Time is over, and nothing was proven.
    """

    PROMOTE = "promote"
    ROLLBACK = "rollback"
    CONTINUE = "continue"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is said, why, and whether a step to more traffic may be taken.

    Attributes:
        saying: See Saying.
        reasons: In words.
        may_grow: Whether more traffic may go to it now: it is judged, and nothing holds it.
    """

    saying: Saying
    reasons: tuple[str, ...]
    may_grow: bool


ENDS = {
    Outcome.PROMOTED: Saying.PROMOTE,
    Outcome.ROLLED_BACK: Saying.ROLLBACK,
    Outcome.ABORTED: Saying.ROLLBACK,
}
GOOD = (Decision.PROMOTE, Decision.PROMOTE_ON_BUDGET)
JUDGED = (*GOOD, Decision.HOLD)


def judge(rollout: Rollout, *, held: str) -> Judgement:
    """Return what is said of a rollout's version.

    Args:
        rollout: As it stands.
        held: Why no step forward may be taken: a freeze, a spent budget; empty when one may be.
    """
    progress = rollout.progress
    outcome = outcome_of(rollout)
    if outcome is not None:
        saying = ENDS.get(outcome, Saying.INCONCLUSIVE)
    elif progress.phase is Phase.PROMOTING:
        saying = Saying.PROMOTE
    elif progress.phase is Phase.ROLLING_BACK:
        saying = Saying.INCONCLUSIVE if progress.cause == Event.GAVE_UP else Saying.ROLLBACK
    else:
        return _under_way(rollout, held)
    grows = saying is Saying.PROMOTE
    return Judgement(saying=saying, reasons=(progress.reason,), may_grow=grows)


def _under_way(rollout: Rollout, held: str) -> Judgement:
    progress = rollout.progress
    if progress.verdict == Decision.ROLLBACK:
        return Judgement(saying=Saying.ROLLBACK, reasons=(progress.reason,), may_grow=False)
    waits = progress.phase is not Phase.PROGRESSING
    reasons = tuple(reason for reason in (held, progress.reason) if reason)
    if held or waits:
        return Judgement(saying=Saying.CONTINUE, reasons=reasons, may_grow=False)
    good = progress.verdict in GOOD
    return Judgement(
        saying=Saying.PROMOTE if good else Saying.CONTINUE,
        reasons=reasons,
        may_grow=progress.verdict in JUDGED,
    )
