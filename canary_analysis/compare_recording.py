"""Two arms of a past, counted per replica and tick: what a verdict can be recomputed from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray, from_text, to_text
from canary_analysis.errors import InvalidInterval, InvalidMetric, InvalidSnapshot
from canary_analysis.metric import Interval, Metric

__all__ = ["ArmCounts", "MetricCounts", "Recording"]

MILLISECONDS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArmCounts:
    """One metric of one arm.

    Attributes:
        replicas: Stable names.
        counts: Requests, then requests beyond each edge (or errors): gained in each tick, shape
            (ticks, replicas, 1 + edges). A replica without a whole interval has zeros.
    """

    replicas: tuple[str, ...]
    counts: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricCounts:
    """One metric of both arms."""

    metric: Metric
    canary: ArmCounts
    baseline: ArmCounts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """A past of both arms.

    Attributes:
        metrics: What was counted, each with the same ticks.
        ends: When each tick ended, seconds since the beginning, rising, shape (ticks,).
        side_by_side: Whether both arms were there at the same time. If not, load and time of day
            do not cancel.
        seen_until: When the arm that fell silent first was last scraped, seconds since the
            beginning; None when both were seen to the end.

    Raises:
        InvalidInterval: Counts have another shape, or cannot be counts.
    """

    metrics: tuple[MetricCounts, ...]
    ends: FloatArray
    side_by_side: bool = True
    seen_until: float | None = None

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        for counted in self.metrics:
            for arm in (counted.canary, counted.baseline):
                wanted = (len(self.ends), len(arm.replicas), 1 + counted.metric.width)
                if arm.counts.shape != wanted:
                    msg = (
                        f"{counted.metric.name} has counts of shape {arm.counts.shape}, "
                        f"wanted {wanted}: ticks, replicas, requests and edges."
                    )
                    raise InvalidInterval(msg)

    @property
    def seconds(self) -> float:
        """Length of it."""
        return float(self.ends[-1]) if len(self.ends) else 0.0

    def tick(self, number: int) -> dict[str, Interval]:
        """Return what was counted in one tick, by metric; a metric without requests is left out."""
        return {
            counted.metric.name: _interval(counted, number, float(self.ends[number]))
            for counted in self.metrics
            if counted.canary.counts[number, :, 0].any()
            or counted.baseline.counts[number, :, 0].any()
        }

    def to_plain(self) -> dict[str, object]:
        """Return all of it, JSON-safe and exact."""
        return {
            "endsMilliseconds": to_text(np.round(self.ends * MILLISECONDS).astype(np.int64)),
            "sideBySide": self.side_by_side,
            "seenUntil": self.seen_until,
            "metrics": [
                {
                    "metric": asdict(counted.metric),
                    "canary": _plain_arm(counted.canary),
                    "baseline": _plain_arm(counted.baseline),
                }
                for counted in self.metrics
            ],
        }

    @classmethod
    def from_plain(cls, saved: Mapping[str, Any]) -> "Recording":
        """Read back what `to_plain` wrote.

        Raises:
            InvalidSnapshot: Something is missing or damaged.
        """
        try:
            return cls(
                metrics=tuple(
                    MetricCounts(
                        metric=Metric.from_plain(each["metric"]),
                        canary=_to_arm(each["canary"]),
                        baseline=_to_arm(each["baseline"]),
                    )
                    for each in saved["metrics"]
                ),
                ends=from_text("ends", saved["endsMilliseconds"]) / MILLISECONDS,
                side_by_side=bool(saved["sideBySide"]),
                seen_until=None if (until := saved["seenUntil"]) is None else float(until),
            )
        except (KeyError, TypeError, ValueError, InvalidMetric, InvalidInterval) as error:
            msg = f"The recording cannot be read ({error!r}). Was it changed by hand?"
            raise InvalidSnapshot(msg) from error


def _interval(counted: MetricCounts, number: int, elapsed: float) -> Interval:
    canary, baseline = counted.canary.counts[number], counted.baseline.counts[number]
    return Interval(
        canary_replicas=counted.canary.replicas,
        canary_total=canary[:, 0],
        canary_above=canary[:, 1:],
        baseline_replicas=counted.baseline.replicas,
        baseline_total=baseline[:, 0],
        baseline_above=baseline[:, 1:],
        elapsed_seconds=elapsed,
    )


def _plain_arm(arm: ArmCounts) -> dict[str, object]:
    return {"replicas": list(arm.replicas), "counts": to_text(arm.counts)}


def _to_arm(saved: Mapping[str, Any]) -> ArmCounts:
    return ArmCounts(replicas=tuple(saved["replicas"]), counts=from_text("counts", saved["counts"]))
