"""Counts that a cloud gives anew for each period, with the period's own time: never rated.

Such a figure is no counter. It stands on the page until the next period's takes its place, minutes
after the period is over, and says 0 or nothing where nothing happened. So each period of each series
is counted once, as of its own time. What was over before watching began is not counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PeriodGain", "PeriodMemory", "PeriodsSeen"]

Series = Sequence[tuple[str, Mapping[str, str]]]
LARGEST = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodGain:
    """What a tally gained in one period, and when the period was; Unix seconds."""

    key: str
    at: float
    gained: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodsSeen:
    """What one page brought.

    Attributes:
        gains: New periods.
        refused: Values that no count can have.
        untimed: Figures without a time of their own: which period they are of cannot be known.
    """

    gains: tuple[PeriodGain, ...] = ()
    refused: int = 0
    untimed: int = 0


class PeriodMemory:
    """The newest period that was counted, by tally and series, on one source."""

    def __init__(self) -> None:
        self.last: dict[str, dict[str, float]] = {}
        self._pairs: list[tuple[int, str, str]] = []

    @property
    def counts(self) -> bool:
        """Whether the page holds anything to count."""
        return bool(self._pairs)

    def compile(
        self,
        series: Series,
        wanted: Mapping[str, Callable[[str, Mapping[str, str]], bool]],
        name_of: Callable[[str, Mapping[str, str]], str],
    ) -> None:
        """Work out which position of the page goes into which tally."""
        self._pairs = [
            (position, key, name_of(name, labels))
            for key, counts in wanted.items()
            for position, (name, labels) in enumerate(series)
            if counts(name, labels)
        ]

    def add(
        self,
        values: npt.NDArray[np.float64],
        stamps: npt.NDArray[np.float64] | None,
        *,
        watched_since: float,
    ) -> PeriodsSeen:
        """Count the periods of one page that were not counted before."""
        gains: list[PeriodGain] = []
        refused = untimed = 0
        for position, key, name in self._pairs:
            value = float(values[position])
            at = np.nan if stamps is None else float(stamps[position])
            if np.isnan(at):
                untimed += 1
            elif np.isnan(value):
                continue  # a cloud's way to say that nothing happened
            elif not 0.0 <= value <= LARGEST:
                refused += 1
            elif at > self.last.get(key, {}).get(name, watched_since):
                self.last.setdefault(key, {})[name] = at
                gains.append(PeriodGain(key=key, at=at, gained=value))
        return PeriodsSeen(gains=tuple(gains), refused=refused, untimed=untimed)
