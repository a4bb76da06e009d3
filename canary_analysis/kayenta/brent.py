"""Where a function crosses zero, to an absolute tolerance: Brent's method.

Source: R. P. Brent, "Algorithms for Minimization without Derivatives" (1973), chapter 4. The function met
here is a staircase, so which point of a step is found depends on the order of the trials; it is that of R.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["MOST_TRIALS", "TOLERANCE", "find_zero"]

TOLERANCE = 1e-4
"""Absolute, in the unit of the data. This is why figures in per cent are judged otherwise than shares."""

MOST_TRIALS = 1000
EPSILON = float(np.finfo(np.float64).eps)


class _Trial(NamedTuple):
    at: float
    value: float


def find_zero(function: Callable[[float], float], low: float, high: float) -> float:
    """Return a point at most `TOLERANCE` from where the function changes its sign.

    Args:
        function: Has opposite signs at both ends.
        low: One end.
        high: The other.

    >>> round(find_zero(lambda x: x - 0.3, 0.0, 1.0), 6)
    0.3
    """
    before, newest = _Trial(low, function(low)), _Trial(high, function(high))
    if before.value == 0.0:
        return low
    across = before
    for _ in range(MOST_TRIALS + 1):
        last_step = newest.at - before.at
        if abs(across.value) < abs(newest.value):
            before, newest, across = newest, across, newest
        least = 2.0 * EPSILON * abs(newest.at) + TOLERANCE / 2.0
        if abs(across.at - newest.at) / 2.0 <= least or newest.value == 0.0:
            return newest.at
        step = _step(before, newest, across, last_step, least)
        if abs(step) < least:
            step = least if step > 0.0 else -least
        there = newest.at + step
        before, newest = newest, _Trial(there, function(there))
        if newest.value * across.value > 0.0:
            across = before
    return newest.at


def _step(before: _Trial, newest: _Trial, across: _Trial, last_step: float, least: float) -> float:
    """Return how far to go: where a curve through the trials is zero if that is sound, else half way."""
    width = across.at - newest.at
    if abs(last_step) < least or abs(before.value) <= abs(newest.value):
        return width / 2.0
    fall = newest.value / before.value
    if before.at == across.at:  # a straight line
        over, under = width * fall, 1.0 - fall
    else:  # a parabola on its side
        ratio, rest = before.value / across.value, newest.value / across.value
        over = fall * (width * ratio * (ratio - rest) - (newest.at - before.at) * (rest - 1.0))
        under = (ratio - 1.0) * (rest - 1.0) * (fall - 1.0)
    over, under = (over, -under) if over > 0.0 else (-over, under)
    inside = over < 0.75 * width * under - abs(least * under) / 2.0
    if inside and over < abs(last_step * under / 2.0):
        return over / under
    return width / 2.0
