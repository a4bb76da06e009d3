"""A level of the replicas that a rollout watches: GPU use, memory, the length of a queue."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["GaugeAction", "GaugeAsked"]


class GaugeAction(StrEnum):
    """What becomes of a rollout whose canary has a higher level."""

    WARN = "warn"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeAsked:
    """One gauge, as it was asked for.

    Attributes:
        name: What people call it; without series one of the levels that the server's kind shows.
        series: Which series of a replica's page are added; empty takes the level of that name.
        margin: Rise that counts as "no worse", in the gauge's own unit.
        action: A warning decides nothing.
    """

    name: str
    series: str = ""
    margin: float = 0.0
    action: GaugeAction = GaugeAction.WARN
