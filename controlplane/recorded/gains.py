"""What replicas counted between two scrapes, put on the ticks of one recording."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from canary_analysis import Metric
from canary_analysis.compare_recording import ArmCounts, MetricCounts, Recording
from controlplane.errors import InvalidConfig

__all__ = ["Gains", "MetricGains", "Taken", "to_recording"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_CELLS = 100_000_000
LEAST_TICK_SECONDS = 1.0
LEAST_OVERLAP = 0.5
"""Arms that share at least so much of the shorter one's time stood side by side."""

LATE_SECONDS = 120.0
"""An arm that ends so much before the other has fallen silent, and that is told."""

NOT_SIDE_BY_SIDE = (
    "The arms were not there at the same time: load, time of day and everything else that changed "
    "between the two periods are not cancelled, and may be what is found."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gains:
    """What one replica counted.

    Attributes:
        replica: Its name.
        ends: When each interval ended, Unix seconds, shape (n,).
        counts: Requests, then requests beyond each edge (or errors), shape (n, 1 + edges).
    """

    replica: str
    ends: Floats
    counts: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricGains:
    """One metric of both arms."""

    metric: Metric
    canary: tuple[Gains, ...]
    baseline: tuple[Gains, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Taken:
    """A recording, and what a reader must know of it."""

    recording: Recording
    notes: tuple[str, ...]


def to_recording(
    found: Sequence[MetricGains],
    *,
    tick_seconds: float | None,
    notes: Iterable[str] = (),
    scraped: bool = True,
) -> Taken:
    """Put both arms on the same ticks; on those since each began, where they were never together.

    Args:
        found: What was counted.
        tick_seconds: Length of a tick; the usual time between two scrapes when None.
        notes: Known before.
        scraped: Whether replicas without requests were seen too, so that silence tells something.

    Raises:
        InvalidConfig: There would be too many ticks.
    """
    canary = [each for metric in found for each in metric.canary]
    baseline = [each for metric in found for each in metric.baseline]
    tick = tick_seconds or _usual_tick([*canary, *baseline])
    together, begins = _alignment(canary, baseline)
    numbers = np.unique(
        np.concatenate(
            [np.zeros(0, dtype=np.int64)]
            + [_ticks(each, begins[0], tick) for each in canary]
            + [_ticks(each, begins[1], tick) for each in baseline]
        )
    )
    _check_size(found, len(numbers))
    metrics = tuple(
        MetricCounts(
            metric=each.metric,
            canary=_arm(each.canary, numbers, begins[0], tick, each.metric.width),
            baseline=_arm(each.baseline, numbers, begins[1], tick, each.metric.width),
        )
        for each in found
    )
    silent = _silence(canary, baseline) if together and scraped else None
    recording = Recording(
        metrics=metrics,
        ends=numbers.astype(np.float64) * tick,
        side_by_side=together,
        seen_until=None if silent is None else silent[1] - begins[0] + tick,
    )
    known = () if together else (NOT_SIDE_BY_SIDE,)
    told = () if silent is None else (silent[0],)
    return Taken(recording=recording, notes=(*known, *told, *notes))


def _usual_tick(found: Iterable[Gains]) -> float:
    gaps = np.concatenate([np.zeros(0), *(np.diff(np.unique(each.ends)) for each in found)])
    return max(LEAST_TICK_SECONDS, float(np.median(gaps)) if len(gaps) else LEAST_TICK_SECONDS)


def _alignment(
    canary: Sequence[Gains], baseline: Sequence[Gains]
) -> tuple[bool, tuple[float, float]]:
    """Return whether the arms were there together, and from when each is counted."""
    here, there = _span(canary), _span(baseline)
    if here is None or there is None:
        began = (here or there or (0.0, 0.0))[0]
        return True, (began, began)
    shared = min(here[1], there[1]) - max(here[0], there[0])
    shorter = min(here[1] - here[0], there[1] - there[0])
    if shared >= LEAST_OVERLAP * shorter:
        began = min(here[0], there[0])
        return True, (began, began)
    return False, (here[0], there[0])


def _span(arm: Sequence[Gains]) -> tuple[float, float] | None:
    ends = np.concatenate([np.zeros(0), *(each.ends for each in arm)])
    return (float(ends.min()), float(ends.max())) if len(ends) else None


def _silence(canary: Sequence[Gains], baseline: Sequence[Gains]) -> tuple[str, float] | None:
    """Tell when one arm ends long before the other, with its last scrape in Unix seconds."""
    here, there = _span(canary), _span(baseline)
    if here is None or there is None or abs(here[1] - there[1]) <= LATE_SECONDS:
        return None
    arm, ended = ("canary", here[1]) if here[1] < there[1] else ("baseline", there[1])
    lack = abs(here[1] - there[1])
    text = f"The {arm}'s data end {lack:.0f} s before the other arm's. If that was meant, cut the time."
    return text, ended


def _ticks(gains: Gains, began: float, tick: float) -> Ints:
    """Return the tick that each interval is counted in; the first is 1."""
    return np.floor((gains.ends - began) / tick + 1e-9).astype(np.int64) + 1


def _arm(arm: Sequence[Gains], numbers: Ints, began: float, tick: float, width: int) -> ArmCounts:
    counts = np.zeros((len(numbers), len(arm), 1 + width), dtype=np.int64)
    for row, gains in enumerate(arm):
        np.add.at(
            counts[:, row], np.searchsorted(numbers, _ticks(gains, began, tick)), gains.counts
        )
    return ArmCounts(replicas=tuple(each.replica for each in arm), counts=counts)


def _check_size(found: Sequence[MetricGains], ticks: int) -> None:
    rows = sum((len(each.canary) + len(each.baseline)) * (1 + each.metric.width) for each in found)
    if ticks * rows > MOST_CELLS:
        msg = f"{ticks} ticks of {rows} figures are more than {MOST_CELLS} to judge."
        raise InvalidConfig(msg, hint="write a longer --every or a shorter time")
