"""May this service be deployed now? What is not known does not open the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Gate", "GateDecision", "SloStanding", "decide_gate"]


class Gate(StrEnum):
    """What the gate says.

    Attributes:
        OPEN: Every promise has budget left, and nobody is being paged.
        CLOSED: A budget is gone, a page is out, or a rollout is under way.
        UNKNOWN: Nothing speaks against it, and not every promise can be judged.
    """

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SloStanding:
    """One SLO of the service, as far as the gate asks.

    Attributes:
        name: Of the SLO.
        remaining_ratio: Share of the budget that is left; None when nothing can be said.
        paging: Whether its page is out, or its rule for pages fires.
        unknown: Why nothing can be said; empty when something can.
    """

    name: str
    remaining_ratio: float | None
    paging: bool
    unknown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """The gate, and every reason that it stands so."""

    gate: Gate
    reasons: tuple[str, ...]


def decide_gate(standings: Sequence[SloStanding], *, rollout: str | None) -> GateDecision:
    """Decide by the error budgets of a service.

    Args:
        standings: Its SLOs.
        rollout: Id of the rollout that is under way; None when there is none.
    """
    against = [reason for standing in standings if (reason := _against(standing))]
    if rollout is not None:
        against.append(f"rollout {rollout} is under way")
    if against:
        return GateDecision(gate=Gate.CLOSED, reasons=tuple(against))
    if not standings:
        return GateDecision(gate=Gate.UNKNOWN, reasons=("no SLO watches this service",))
    blind = tuple(
        f"{one.name}: {one.unknown or 'nothing was counted'}"
        for one in standings
        if one.unknown or one.remaining_ratio is None
    )
    if blind:
        return GateDecision(gate=Gate.UNKNOWN, reasons=blind)
    left = tuple(f"{one.name}: {one.remaining_ratio:.1%} of the budget left" for one in standings)
    return GateDecision(gate=Gate.OPEN, reasons=left)


def _against(standing: SloStanding) -> str:
    if standing.paging:
        return f"{standing.name}: people are being paged"
    left = standing.remaining_ratio
    if left is not None and left <= 0.0:
        return f"{standing.name}: the error budget is gone ({left:.1%} left)"
    return ""
