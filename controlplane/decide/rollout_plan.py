"""How a rollout is meant to go: its strategy, its steps, and the people it waits for."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ALL", "Answer", "Approval", "Plan", "Strategy"]

ALL = 100.0
"""All traffic, in per cent."""


class Strategy(StrEnum):
    """How traffic comes to the new version.

    Attributes:
        CANARY: Step by step beside the old one, judged against it.
        BLUE_GREEN: All at once when it is ready; the old one stays warm while the new one bakes.
        IMMEDIATE: All at once, and that is that.
        MANUAL: As a person says, weight by weight; a bad version is still sent home.
        ROLLING: Replica by replica, each with all of its traffic, a batch at a time.
        SHADOW: Not at all: it answers copies of requests, and is judged by them.
        DRILL: A small share for a moment, and home again: it proves that rollback works.
        OBSERVE: As somebody else moves it: it is judged, and no weight is set.
    """

    CANARY = "canary"
    BLUE_GREEN = "blue-green"
    IMMEDIATE = "immediate"
    MANUAL = "manual"
    ROLLING = "rolling"
    SHADOW = "shadow"
    DRILL = "drill"
    OBSERVE = "observe"

    @property
    def moves_traffic(self) -> bool:
        """Whether the new version serves users when it has succeeded."""
        return self not in (Strategy.SHADOW, Strategy.OBSERVE, Strategy.DRILL)


class Answer(StrEnum):
    """What becomes of an approval."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A point where a person must say yes.

    Attributes:
        name: How people call it.
        before: Weight in per cent that is not reached without it; 100 is promotion.
        deadline_seconds: After so long the default answers.
        default: The answer when nobody gives one.
    """

    name: str
    before: float = ALL
    deadline_seconds: float = 86_400.0
    default: Answer = Answer.REJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked of a rollout.

    Attributes:
        steps: Canary weights in per cent, rising; the last step is followed by promotion. Where a step
            is 100 there is no baseline to compare with: it bakes, and absolute guards watch.
        soak_seconds: Least time at each step.
        min_requests: Least canary requests counted at each step.
        ready_within_seconds: How long the canary may take to become ready before we give up.
        strategy: How traffic comes to it.
        approvals: Points where a person must say yes.
    """

    steps: tuple[float, ...]
    soak_seconds: float
    min_requests: int = 0
    ready_within_seconds: float = 120.0
    strategy: Strategy = Strategy.CANARY
    approvals: tuple[Approval, ...] = ()

    def alone(self, weight: float) -> bool:
        """Whether at this weight in per cent no other version serves."""
        return weight >= ALL and self.strategy is not Strategy.SHADOW

    def weight_after(self, step: int) -> float:
        """Return the weight that comes after a step, in per cent."""
        return self.steps[step + 1] if step + 1 < len(self.steps) else ALL

    def approval_after(self, step: int) -> Approval | None:
        """Return the approval without which the weight after this step is not reached."""
        low, high = self.steps[step], self.weight_after(step)
        last = step + 1 == len(self.steps)
        for approval in self.approvals:
            if low < approval.before <= high or (last and approval.before >= ALL):
                return approval
        return None

    def approvals_left(self, step: int) -> tuple[Approval, ...]:
        """Return the approvals without which all traffic is not reached from this step."""
        here = self.steps[step] if self.steps else ALL
        return tuple(each for each in self.approvals if each.before >= ALL or each.before > here)

    def named(self, name: str) -> Approval | None:
        """Return an approval by name."""
        return next((each for each in self.approvals if each.name == name), None)
