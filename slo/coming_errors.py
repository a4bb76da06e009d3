"""The error ratio to come, with an interval that has learnt from its own errors.

The past is walked through once: at every step the ratio of the horizon to come is guessed from the
recent one, and later held against what came. Those errors, in standard deviations of a binomial, give
the interval; how far into their tails it reaches is moved after each hit and miss, so that four of
five truths lie inside however bursty the traffic is and however wrong the guesses.

Source: I. Gibbs, E. Candès, "Adaptive conformal inference under distribution shift" (2021), for both
ends of the interval apart; the errors are the scores.
"""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

__all__ = ["LEVEL", "ErrorRatio", "Walk", "next_error_ratio"]

LEVEL = 0.8
TAIL = (1.0 - LEVEL) / 2.0
STEP = 0.03
"""How far a tail moves after each hit and miss: quick to learn, and steady enough."""

HALVINGS = 3
"""The past counts half as much a third of a horizon ago: quick enough where errors come in storms."""

LEAST_STEPS = 6
FIRST_HORIZONS = 2
"""Horizons that must be over before an interval is given."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRatio:
    """An error ratio to come: a guess, and the ends of its interval."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """A guess that waits for its truth."""

    made_at: int
    middle: float
    deviation: float
    ratio: ErrorRatio | None


class Walk:
    """One horizon's walk through the past: guesses, the errors they turned out to have, and tails.

    Args:
        bad: Bad events by step, oldest first.
        total: All of them.
        horizon: Steps that are guessed ahead.
    """

    def __init__(self, bad: Floats, total: Floats, horizon: int) -> None:
        self._bad = [0.0, *bad.cumsum().tolist()]
        self._total = [0.0, *total.cumsum().tolist()]
        self._horizon = horizon
        self._fade = 0.5 ** (HALVINGS / horizon)
        self._recent_bad = self._recent_total = 0.0
        self._waiting: list[_Guess] = []
        self._errors: list[float] = []
        self._tails = [TAIL, TAIL]

    def guesses(self) -> Iterator[tuple[int, ErrorRatio | None]]:
        """Yield after each step what its next horizon was expected to be; None before it is known."""
        for now in range(1, len(self._bad)):
            self._recent_bad = self._recent_bad * self._fade + self._bad[now] - self._bad[now - 1]
            self._recent_total *= self._fade
            self._recent_total += self._total[now] - self._total[now - 1]
            while self._waiting and self._waiting[0].made_at + self._horizon <= now:
                self._learn(self._waiting.pop(0))
            if now >= LEAST_STEPS:
                guess = self._guess(now)
                self._waiting.append(guess)
                yield now, guess.ratio

    def truth(self, step: int) -> float | None:
        """Return the error ratio of the horizon after a step; None without traffic."""
        total = self._total[step + self._horizon] - self._total[step]
        bad = self._bad[step + self._horizon] - self._bad[step]
        return bad / total if total > 0.0 else None

    def _learn(self, guess: _Guess) -> None:
        truth = self.truth(guess.made_at)
        if truth is None:
            return
        insort(self._errors, (truth - guess.middle) / guess.deviation)
        if guess.ratio is not None:
            below, above = truth < guess.ratio.low, truth > guess.ratio.high
            self._tails[0] += STEP * (TAIL - below)
            self._tails[1] += STEP * (TAIL - above)

    def _guess(self, now: int) -> _Guess:
        middle = (self._recent_bad + 0.5) / (self._recent_total + 1.0)
        expected = max(1.0, self._recent_total * (1.0 - self._fade) * self._horizon)
        deviation = sqrt(middle * (1.0 - middle) / expected + 1e-12)
        times, ratio = len(self._errors) / self._horizon, None
        if times >= FIRST_HORIZONS:
            low, high = self._ends(times)
            ratio = ErrorRatio(
                low=min(max(0.0, middle + low * deviation), 1.0),
                middle=min(middle, 1.0),
                high=min(max(0.0, middle + high * deviation), 1.0),
            )
        return _Guess(made_at=now, middle=middle, deviation=deviation, ratio=ratio)

    def _ends(self, times: float) -> tuple[float, float]:
        """Return the ends of the interval in deviations, wider while few horizons are over."""
        below, above = (min(max(tail * (1.0 - 1.0 / times), 0.0), 1.0) for tail in self._tails)
        low, high = _quantile(self._errors, below), _quantile(self._errors, 1.0 - above)
        middle, wider = (low + high) / 2.0, sqrt(1.0 + 1.0 / times)
        return middle + (low - middle) * wider, middle + (high - middle) * wider


def next_error_ratio(bad: Floats, total: Floats, horizon: int) -> ErrorRatio | None:
    """Return the error ratio to expect over the next steps; None when too little is known.

    Args:
        bad: Bad events by step, oldest first.
        total: All of them.
        horizon: Steps to come.
    """
    guesses = [ratio for _, ratio in Walk(bad, total, horizon).guesses()]
    return guesses[-1] if guesses else None


def _quantile(values: list[float], share: float) -> float:
    """Return a quantile of values that are in order, between two of them where it lies there."""
    at = share * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)
