"""Shapes of promises."""

from pydantic import Field

from controlplane.schemas.shape import Shape

__all__ = ["BudgetOut", "BurnOut", "SloOut", "SloSpecOut", "SloStatusOut", "UnadjustedOut"]


class SloSpecOut(Shape):
    """The promise, and how good is told from bad.

    Attributes:
        unit: What is counted: events, slices, or billionths of slices.
        each: Labels by which it is one SLO for each set of values; such a family calls nobody.
        family: The family that it belongs to; empty when to none.
        values: Its own label values within the family.
        parts: Names of its objectives, where it has several.
    """

    service: str
    description: str
    target: float
    window_seconds: float
    indicator: str
    unit: str = "events"
    each: tuple[str, ...] = ()
    family: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    parts: tuple[str, ...] = ()


class UnadjustedOut(Shape):
    """The same budget as if nobody had taken anything out of it, or begun it anew."""

    bad: int
    total: int
    remaining_ratio: float | None


class BudgetOut(Shape):
    """The error budget over the SLO's window; shares are None without traffic.

    Attributes:
        window_start: From when on it is reckoned, Unix seconds.
        window_end: Until when: now, or the end of the calendar's period.
        without_adjustments: The same without exclusions and resets; None where there are none.
        perhaps_good: Bad events that may be good ones: the limit lies between two edges.
    """

    good: int
    bad: int
    total: int
    allowed_bad: float
    spent_ratio: float | None
    remaining_ratio: float | None
    window_start: float
    window_end: float
    covered_seconds: float
    without_adjustments: UnadjustedOut | None = None
    perhaps_good: int = 0


class BurnOut(Shape):
    """One multi-window rule as it stands."""

    severity: str
    long_seconds: float
    short_seconds: float
    threshold: float
    burn_long: float | None
    burn_short: float | None
    firing: bool | None
    reason: str


class SloStatusOut(Shape):
    """The state of a promise: ``ok``, ``burning``, ``exhausted`` or ``unknown``, with reasons.

    Nothing is ``ok`` that is not being counted just now.

    Attributes:
        rests_on: How near to the client its figures are taken.
        cannot_see: What they miss.
        counted_since: Since when it is known what happened, Unix seconds; None before it is counted.
    """

    state: str
    reason: str
    rests_on: str
    cannot_see: tuple[str, ...]
    budget: BudgetOut
    burn: tuple[BurnOut, ...]
    counted_since: float | None = None


class SloOut(Shape):
    """One service level objective."""

    name: str
    spec: SloSpecOut
    status: SloStatusOut
