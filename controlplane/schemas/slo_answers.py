"""Shapes of what SLOs answer when asked further: windows, forecast, blame, history."""

from controlplane.schemas.shape import Shape

__all__ = [
    "BlameOut",
    "BlamedOut",
    "ForecastOut",
    "HistoryOut",
    "OutlookOut",
    "RuleOut",
    "StepOut",
    "WindowOut",
]


class WindowOut(Shape):
    """What happened within one window; the burn is None without traffic."""

    seconds: float
    bad: int
    total: int
    burn: float | None


class RuleOut(Shape):
    """One burn rule with both its windows, and how it comes to what it says.

    Attributes:
        budget_share: Share of the budget that may go within the long window.
        threshold: Burn rate above which it fires: that share times SLO window / long window.
        chance: How likely so many failures would be if the promise were just kept; None without
            traffic.
    """

    severity: str
    budget_share: float
    threshold: float
    long: WindowOut
    short: WindowOut
    chance: float | None
    firing: bool | None
    reason: str


class OutlookOut(Shape):
    """What share of the budget will be gone in so many seconds, with an interval."""

    seconds: float
    low: float
    middle: float
    high: float


class ForecastOut(Shape):
    """When the budget runs out, seconds from now; None is later than can be seen."""

    level: float
    earliest_seconds: float | None
    likely_seconds: float | None
    latest_seconds: float | None
    reach_seconds: float
    reason: str
    outlooks: tuple[OutlookOut, ...]


class BlamedOut(Shape):
    """One part of an SLO's events.

    Attributes:
        values: What the labels say.
        excess: Bad events beyond what its share of the traffic would have.
    """

    values: tuple[str, ...]
    bad: int
    total: int
    share_of_bad: float | None
    share_of_total: float | None
    excess: float


class BlameOut(Shape):
    """Who spends the budget; the parts add up to the whole."""

    labels: tuple[str, ...]
    window_seconds: float
    bad: int
    total: int
    parts: tuple[BlamedOut, ...]


class StepOut(Shape):
    """What happened between two moments, Unix seconds."""

    start: float
    end: float
    bad: int
    total: int


class HistoryOut(Shape):
    """An SLO's events step by step, oldest first."""

    target: float
    steps: tuple[StepOut, ...]
