"""Where the past is asked: engines that speak Prometheus's API, dumps of pages, our own store."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from controlplane.errors import EngineError
from slo import CountHistory, RatioSli, SloError, SloSpec, ThresholdSli, resolve_sli

__all__ = ["Past", "PastOfSlo", "Progress", "resolved_parts", "source_of"]

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


def resolved_parts(
    slo: SloSpec, shown: Iterable[tuple[str, Mapping[str, str]]]
) -> tuple[RatioSli | ThresholdSli, ...]:
    """Return what each part of an SLO counts, given the series that there are.

    Raises:
        EngineError: It cannot be counted.
    """
    if slo.periodic:
        msg = f"SLO {slo.name} counts figures per period; replay it from our own store."
        raise EngineError(msg)
    known = tuple(shown)
    try:
        return tuple(resolve_sli(part.sli, known) for part in slo.parts)
    except SloError as error:
        msg = f"SLO {slo.name}: {error}"
        raise EngineError(msg) from error


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
