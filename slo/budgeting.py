"""How a budget is counted: by events, or by slices of time that are good or bad as a whole.

Source: OpenSLO specification v1, budgetingMethod.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from slo.errors import InvalidObjective

__all__ = ["OCCURRENCES", "SCALE", "Budgeting", "Method", "Share"]

SCALE = 1_000_000_000
"""A slice of RatioTimeslices counts as so many parts, of which its share is good: sums stay whole."""

DAY = timedelta(days=1)


class Method(StrEnum):
    """The methods of OpenSLO."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one indicator gained within a slice.

    Attributes:
        good: Good events.
        total: All events.
        weight: Among the indicators of the SLO.
        target: Share of good events that makes the slice a good one; 0 where slices are not judged.
    """

    good: float
    total: float
    weight: float = 1.0
    target: float = 0.0

    @property
    def ratio(self) -> float:
        """Share of good events, from 0 to 1; there must be some."""
        return min(max(self.good / self.total, 0.0), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgeting:
    """How a budget is counted.

    Attributes:
        method: By events or by slices.
        length: Of a slice; zero for events.
        target: Share of good events that makes a slice a good one; 0 where slices are not judged.

    Raises:
        InvalidObjective: The slice is shorter than a second or longer than a day.
    """

    method: Method = Method.OCCURRENCES
    length: timedelta = timedelta(0)
    target: float = 0.0

    def __post_init__(self) -> None:
        """Refuse slices that cannot be counted."""
        if self.sliced and not timedelta(seconds=1) <= self.length <= DAY:
            msg = f"timeSliceWindow must be between a second and a day, not {self.length}."
            raise InvalidObjective(msg)

    @property
    def sliced(self) -> bool:
        """Whether slices are counted, and not events."""
        return self.method is not Method.OCCURRENCES

    @property
    def unit(self) -> int:
        """Return how many counts one slice or event is."""
        return SCALE if self.method is Method.RATIO_TIMESLICES else 1

    def worth(self, shares: Iterable[Share]) -> tuple[int, int]:
        """Return what one slice adds to the good counts and to all; nothing without traffic.

        >>> minute = Budgeting(method=Method.TIMESLICES, length=timedelta(minutes=1))
        >>> nine, eight = (Share(good=good, total=10, target=0.9) for good in (9, 8))
        >>> minute.worth([nine]), minute.worth([nine, eight]), minute.worth([])
        ((1, 1), (0, 1), (0, 0))
        """
        known = [share for share in shares if share.total > 0.0]
        if not known:
            return 0, 0
        if self.method is Method.TIMESLICES:
            return int(all(share.ratio >= share.target for share in known)), 1
        weight = sum(share.weight for share in known)
        mean = sum(share.weight * share.ratio for share in known) / weight
        return round(mean * SCALE), SCALE


OCCURRENCES = Budgeting()
