"""The exact increase of cumulative counters between two pages.

No extrapolation: what a counter gained is its difference, a reset gives what it shows since, and a
series that was not there on the page before began at zero. Growth between the last page and a
crash is lost to everyone; nothing else is.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Increase", "increase"]

LARGEST = 2.0**53
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Increase:
    """What counters gained.

    Attributes:
        gained: Never negative, shape (n,).
        remembered: Values to compare the next page with, shape (n,).
        resets: How many counters began anew.
        refused: How many values no counter can have: negative, not a number, or above 2**53, where
            a float no longer holds every whole number.
    """

    gained: Floats
    remembered: Floats
    resets: int
    refused: int


def increase(previous: Floats, current: Floats, *, restarted: bool) -> Increase:
    """Compare two pages of the same series.

    Args:
        previous: Values before, shape (n,); NaN where the series was not there.
        current: Values now, shape (n,).
        restarted: The process began anew in between, so every counter did.

    >>> gained = increase(np.array([5.0, 7.0, np.nan]), np.array([9.0, 2.0, 3.0]), restarted=False)
    >>> gained.gained.tolist(), gained.resets
    ([4.0, 2.0, 3.0], 1)
    """
    grown = current - previous
    if not restarted and len(grown) and grown.min() >= 0.0 and current.max() <= LARGEST:
        # All were there, none fell: nearly every page. What is no number fails the comparison.
        return Increase(gained=grown, remembered=current, resets=0, refused=0)
    possible = (current >= 0.0) & (current <= LARGEST)  # False for what is not a number
    known = ~np.isnan(previous)
    fell = known & possible & ((current < previous) | restarted)
    base = np.where(fell | ~known, 0.0, previous)
    gained = np.where(possible, current - base, 0.0)
    remembered = np.where(possible, current, previous)
    return Increase(
        gained=gained,
        remembered=remembered,
        resets=int(fell.sum()),
        refused=int((~possible).sum()),
    )
