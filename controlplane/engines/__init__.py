"""Where the past is asked: engines that speak Prometheus's API, dumps of pages, our own store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from slo import CountHistory, SloSpec, sliced

__all__ = ["Past", "PastOfSlo", "Progress", "slices_of", "source_of"]

ORIGIN_LABELS = ("job", "instance")

Progress = Callable[[float], None]
"""Is told which share of the time was read, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastOfSlo:
    """What is known of one SLO's past.

    Attributes:
        counts: Its events.
        notes: What a reader must know of them: gaps, warnings, what could not be had.
    """

    counts: CountHistory
    notes: tuple[str, ...] = ()


def slices_of(slo: SloSpec, events: CountHistory) -> CountHistory:
    """Return a past as the SLO counts it: its events, or the slices they make."""
    return sliced(events, slo.budgeting) if slo.budgeting.sliced else events


def source_of(labels: Mapping[str, str]) -> str:
    """Return what stands for the target that a sample came from."""
    return "/".join(labels.get(label, "") for label in ORIGIN_LABELS)


class Past(Protocol):
    """Something that remembers."""

    def of(self, slo: SloSpec, *, since: float, until: float, progress: Progress) -> PastOfSlo:
        """Return what is known of an SLO between two moments, Unix seconds.

        Raises:
            EngineError: It cannot be asked, or does not know what the SLO counts.
        """

    def close(self) -> None:
        """Let go of what was opened."""
