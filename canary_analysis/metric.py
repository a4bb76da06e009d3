"""What is compared: metrics, and what was counted of one of them between two scrapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np

from canary_analysis.arrays import IntArray
from canary_analysis.errors import InvalidInterval, InvalidMetric

__all__ = ["Interval", "Kind", "Metric"]


class Kind(StrEnum):
    """How a metric is counted."""

    ERRORS = "errors"
    LATENCY = "latency"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that must not get worse.

    Attributes:
        name: How people call it; unique in an analysis.
        kind: Errors have one edge (failed or not), latency has its histogram's bucket edges. A gauge
            is a level, of which more is worse; it warns and takes no part in the stake.
        edges: Upper bounds of the buckets in seconds, rising, without +Inf; empty for others.
        weight: Its part of the stake against the canary; 0 watches without voting.
        critical: Whether promotion must wait until it is proven good; a gauge never is.
        margin: Of a gauge, the rise that counts as "no worse", in its own unit.
        rolls_back: Whether a gauge's rise convicts the canary; otherwise it is only told.

    Raises:
        InvalidMetric: The message says what is allowed.
    """

    name: str
    kind: Kind
    edges: tuple[float, ...] = ()
    weight: float = 1.0
    critical: bool = True
    margin: float = 0.0
    rolls_back: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be judged."""
        if not self.name:
            msg = "A metric needs a name; findings and reasons are told by it."
            raise InvalidMetric(msg)
        if not (isfinite(self.weight) and self.weight >= 0.0):
            msg = f"The weight of {self.name!r} must be 0 or more, not {self.weight:g}."
            raise InvalidMetric(msg)
        if self.kind is not Kind.LATENCY and self.edges:
            msg = f"A metric of kind {self.kind.value!r} has no edges. Did you mean kind='latency'?"
            raise InvalidMetric(msg)
        if not (isfinite(self.margin) and (self.margin == 0.0 or self.kind is Kind.GAUGE)):
            msg = f"{self.name!r} has a margin of {self.margin:g}; only gauges have one, in their unit."
            raise InvalidMetric(msg)
        if self.rolls_back and self.kind is not Kind.GAUGE:
            msg = f"{self.name!r} rolls back by its weight; rolls_back is for gauges."
            raise InvalidMetric(msg)
        if self.kind is Kind.LATENCY:
            self._check_edges()

    @classmethod
    def from_plain(cls, saved: Mapping[str, Any]) -> "Metric":
        """Read back what `dataclasses.asdict` made of one, through JSON or not.

        Raises:
            InvalidMetric: It cannot be judged.
            KeyError, TypeError, ValueError: Something is missing or damaged.
        """
        kind, edges = Kind(saved["kind"]), tuple(saved["edges"])
        return cls(**{**saved, "kind": kind, "edges": edges})

    def _check_edges(self) -> None:
        if not self.edges:
            msg = f"{self.name!r} needs the bucket edges of its histogram, in seconds."
            raise InvalidMetric(msg)
        rising = all(low < high for low, high in pairwise(self.edges))
        if not rising or not all(map(isfinite, self.edges)):
            msg = (
                f"Edges of {self.name!r} must be finite and rise, not {self.edges}. Leave out +Inf."
            )
            raise InvalidMetric(msg)

    @property
    def width(self) -> int:
        """Number of edges at which it is compared."""
        return max(1, len(self.edges))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interval:
    """Counts of one metric between two scrapes of the same replicas.

    A missing scrape is no interval; a counter reset drops the interval of its replica.

    Attributes:
        canary_replicas: Stable names, one for each row of the canary's counts.
        canary_total: Requests, shape (canary replicas,).
        canary_above: Requests beyond each edge (or errors), shape (canary replicas, edges).
        baseline_replicas: Stable names, one for each row of the baseline's counts.
        baseline_total: As for the canary.
        baseline_above: As for the canary.
        elapsed_seconds: End of the interval, since the analysis began.

    Raises:
        InvalidInterval: The message says which count is wrong and how.
    """

    canary_replicas: tuple[str, ...]
    canary_total: IntArray
    canary_above: IntArray
    baseline_replicas: tuple[str, ...]
    baseline_total: IntArray
    baseline_above: IntArray
    elapsed_seconds: float

    def __post_init__(self) -> None:
        """Refuse what cannot be counts."""
        _check_arm("canary", self.canary_replicas, self.canary_total, self.canary_above)
        _check_arm("baseline", self.baseline_replicas, self.baseline_total, self.baseline_above)
        if not (isfinite(self.elapsed_seconds) and self.elapsed_seconds >= 0.0):
            msg = f"elapsed_seconds must be 0 or more, not {self.elapsed_seconds:g}."
            raise InvalidInterval(msg)


def _check_arm(arm: str, names: tuple[str, ...], total: IntArray, above: IntArray) -> None:
    if total.shape != (len(names),) or above.ndim != 2 or len(above) != len(names):  # noqa: PLR2004
        msg = (
            f"The {arm} has {len(names)} replicas but totals of shape {total.shape} and counts of "
            f"shape {above.shape}. Give one row per replica, one column per edge."
        )
        raise InvalidInterval(msg)
    if len(set(names)) < len(names):
        msg = f"The {arm} names a replica twice: {', '.join(names)}."
        raise InvalidInterval(msg)
    if not (np.issubdtype(total.dtype, np.integer) and np.issubdtype(above.dtype, np.integer)):
        msg = f"The {arm} must be counted in whole requests, not {total.dtype} and {above.dtype}."
        raise InvalidInterval(msg)
    if (above < 0).any() or (above > total[:, None]).any():
        msg = (
            f"The {arm} has counts below 0 or above its requests. Give increments between two "
            "scrapes, and at each edge the requests that were slower, not the bucket's own count."
        )
        raise InvalidInterval(msg)
