"""What to do with the canary. Danger is looked at first, progress last.

Whatever is asked, no data is never success: it is INVALID.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from canary_analysis.policy import Policy

__all__ = ["Decision", "Standing", "decide"]


class Decision(StrEnum):
    """What the analysis says."""

    ROLLBACK = "rollback"
    PROMOTE = "promote"
    PROMOTE_ON_BUDGET = "promote_on_budget"
    HOLD = "hold"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the case against the canary stands, proof of the contrary aside.

    Attributes:
        e_value: Evidence of all metrics together, as odds to 1.
        left_out_e_value: The least of it with one canary replica left out; None when it was not
            needed or there are too few replicas.
        left_out_replica: Whose absence leaves the least; None as above.
        canary_replicas: How many had traffic.
        canary_requests: The most counted by any metric.
        silent: Critical metrics that were not seen on both arms, by name.
        last_seconds: End of the latest interval; None before the first.
        risen_gauges: Gauges that convict the canary, by name.
    """

    e_value: float
    left_out_e_value: float | None
    left_out_replica: str | None
    canary_replicas: int
    canary_requests: int
    silent: tuple[str, ...]
    last_seconds: float | None
    risen_gauges: tuple[str, ...] = ()

    def rests_on_one_replica(self, policy: Policy) -> bool:
        """Whether there is no case without one of the replicas."""
        least = self.left_out_e_value
        return least is not None and least < policy.left_out_limit

    def lacks_data(self, policy: Policy, now: float) -> bool:
        """Whether nothing can be said about now."""
        if self.silent or self.last_seconds is None:
            return True
        return now - self.last_seconds > policy.stale_after_seconds

    def must_wait(self, policy: Policy, now: float) -> bool:
        """Whether it is too early to promote whatever is proven."""
        return now < policy.soak_seconds or self.canary_requests < policy.min_canary_requests


def decide(
    standing: Standing,
    policy: Policy,
    *,
    elapsed_seconds: float,
    proven: Callable[[], bool],
    doubtful: Callable[[], bool],
) -> Decision:
    """Decide.

    Args:
        standing: The case against the canary.
        policy: The limits.
        elapsed_seconds: Now, since the analysis began.
        proven: Whether all critical metrics are proven good enough; asked only when it matters.
        doubtful: Whether too much speaks against the canary to promote it without proof.
    """
    sick = standing.rests_on_one_replica(policy)
    if standing.risen_gauges or (standing.e_value >= policy.rollback_limit and not sick):
        return Decision.ROLLBACK
    if sick:
        return Decision.HOLD
    if standing.lacks_data(policy, elapsed_seconds):
        return Decision.INVALID
    if standing.must_wait(policy, elapsed_seconds):
        return Decision.HOLD
    if proven():
        return Decision.PROMOTE
    late = elapsed_seconds >= policy.horizon_seconds
    if late and policy.promote_on_budget and not doubtful():
        return Decision.PROMOTE_ON_BUDGET
    return Decision.HOLD
