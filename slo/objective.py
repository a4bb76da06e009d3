"""A promise: which share of events is good, over which window."""

from dataclasses import dataclass
from datetime import timedelta

from slo.errors import InvalidObjective
from slo.time_window import CalendarWindow

__all__ = ["Objective"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A share of good events promised over a window.

    Attributes:
        target: Share of good events, in (0, 1). 0.999 is "three nines".
        window: Length of the rolling window; 28 or 30 days is usual. Of a calendar window, its usual
            length.
        calendar: Where the calendar cuts the window; None when it rolls.

    Raises:
        InvalidObjective: The message names what is allowed, and what was probably meant.
    """

    target: float
    window: timedelta
    calendar: CalendarWindow | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be promised."""
        if not 0.0 < self.target < 1.0:
            meant = 1.0 < self.target < 100.0  # noqa: PLR2004 -- a percentage
            hint = f" Did you mean {self.target / 100:g}?" if meant else ""
            msg = f"target must be a share between 0 and 1, not {self.target:g}.{hint}"
            raise InvalidObjective(msg)
        if self.window <= timedelta(0):
            msg = f"window must be positive, not {self.window}. Write for example 'window: 30d'."
            raise InvalidObjective(msg)

    @property
    def allowed_error_ratio(self) -> float:
        """Share of bad events that keeps the promise just so."""
        return 1.0 - self.target
