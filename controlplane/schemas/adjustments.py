"""Shapes of what people take out of budgets."""

from typing import Annotated, Any

from pydantic import Field

from controlplane.schemas.shape import Shape

__all__ = ["AdjustmentOut", "ExclusionIn", "ResetIn"]

Reason = Annotated[str, Field(min_length=3, max_length=1000)]


class ExclusionIn(Shape):
    """A time that does not count, past or to come; ``rrule`` makes it come again.

    Attributes:
        start: Unix seconds.
        end: The same, later.
        rrule: RFC 5545, for example ``FREQ=WEEKLY;BYDAY=TU``; once when empty.
        reason: Why, for the ledger.
    """

    start: float = Field(ge=0, le=4e9)
    end: float = Field(ge=0, le=4e9)
    rrule: str = Field(default="", max_length=500)
    reason: Reason


class ResetIn(Shape):
    """Why a budget is begun anew, or an exclusion taken back."""

    reason: Reason


class AdjustmentOut(Shape):
    """One entry of a budget's ledger: who did what, when and why."""

    id: int
    slo: str
    kind: str
    at: float
    actor: str
    reason: str
    detail: dict[str, Any]
