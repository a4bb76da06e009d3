"""Native histograms, counted within a limit: from below and from above, and never guessed.

The buckets of a native histogram may merge at any time, as its schema becomes coarser or its zero
bucket wider, so a bucket alone is no counter. What a histogram gained is therefore told by two
samples at a time, at the edges that no filled bucket of either has inside. There both are exact, and
so is their difference. The nearest of those edges below the limit tells what was surely within it,
the nearest above what may have been; where the limit is such an edge itself the two are one. A
sample in which anything fell between two such edges is of a histogram that began anew.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from slo.counter import LARGEST
from slo.raw_counts import RawSeries
from slo.resolving import AT_MOST
from slo.sli import LatencySli, RatioSli

__all__ = ["Gain", "NativeCount", "NativeSample", "gain_between", "native_sli"]

SAME = 1e-12
"""Edges that are nearer to a limit than this part of it are it, but for how they were rounded."""
FELL = -1e-6
"""Sums of fractions may differ in their last digits."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NativeSample:
    """What a native histogram showed at one time.

    Attributes:
        at: Unix seconds.
        total: All events; those that are no number are in no bucket.
        left: Where each filled bucket begins, shape (n,); what is exactly there is not in it.
        right: Where it ends, shape (n,); what is exactly there is in it.
        held: How many events are in it, shape (n,).
    """

    at: float
    total: float
    left: Floats
    right: Floats
    held: Floats

    @classmethod
    def of(cls, at: float, total: float, buckets: Any) -> "NativeSample":  # noqa: ANN401 -- any JSON
        """Read what an engine shows: rows of rule, left, right, count.

        The rule says which ends belong to a bucket: 0 the right one, 1 the left one, 2 none, 3 both.
        Brought to one form, an end that is otherwise moves to the number next to it.
        """
        rows = np.array(buckets, dtype=np.float64).reshape(-1, 4)
        rule, left, right, held = rows[rows[:, 3] > 0.0].T
        left = np.where((rule == 1) | (rule == 3), np.nextafter(left, -np.inf), left)  # noqa: PLR2004
        right = np.where((rule == 1) | (rule == 2), np.nextafter(right, -np.inf), right)  # noqa: PLR2004
        return cls(at=at, total=total, left=left, right=right, held=held)

    @property
    def is_possible(self) -> bool:
        """Whether a histogram can show that: counts below 2**53, in buckets that begin and end."""
        edges = np.concatenate((self.left, self.right))
        held = float(self.held.sum())
        return 0.0 <= self.total <= LARGEST and held <= LARGEST and not np.isnan(edges).any()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """How many events there were between two samples.

    Attributes:
        total: All.
        at_least: Those that were surely within the limit.
        at_most: Those that may have been.
        below: The edge that the first were counted at.
        above: The edge that the second were counted at.
    """

    total: float
    at_least: float
    at_most: float
    below: float
    above: float


def gain_between(before: NativeSample | None, now: NativeSample, limit: float) -> Gain:
    """Return what a histogram gained; without a sample before, all that it shows."""
    samples = (now,) if before is None else (before, now)
    edges = _shared_edges(samples, limit)
    gained = _between_edges(now, edges, limit)
    if before is not None:
        gained = gained - _between_edges(before, edges, limit)
        if now.total < before.total or (gained < FELL).any():
            return gain_between(None, now, limit)
    below = int(np.searchsorted(edges, limit, side="right")) - 1
    above = int(np.searchsorted(edges, limit))
    return Gain(
        total=now.total - (before.total if before is not None else 0.0),
        at_least=float(gained[: below + 1].sum()),
        at_most=float(gained[: above + 1].sum()),
        below=float(edges[below]),
        above=float(edges[above]),
    )


def _shared_edges(samples: tuple[NativeSample, ...], limit: float) -> Floats:
    """Return the edges, and the limit, that lie inside no filled bucket; rising, and endless."""
    left = _snapped(np.concatenate([each.left for each in samples]), limit)
    right = _snapped(np.concatenate([each.right for each in samples]), limit)
    edges = np.unique(np.concatenate((left, right, [limit, -np.inf, np.inf])))
    inside = np.zeros(len(edges) + 1, dtype=np.int64)
    np.add.at(inside, np.searchsorted(edges, left) + 1, 1)
    np.add.at(inside, np.searchsorted(edges, right), -1)
    shared: Floats = edges[np.cumsum(inside)[:-1] == 0]
    return shared


def _between_edges(sample: NativeSample, edges: Floats, limit: float) -> Floats:
    """Return how many events lie at or below each edge, and above the one before."""
    ends = np.searchsorted(edges, _snapped(sample.right, limit))
    return np.bincount(ends, weights=sample.held, minlength=len(edges)).astype(np.float64)


def _snapped(edges: Floats, limit: float) -> Floats:
    return np.where(np.abs(edges - limit) <= SAME * max(limit, 0.0), limit, edges)


class NativeCount:
    """Counts one histogram within a limit, sample by sample, in running sums that only rise.

    Args:
        limit: In the histogram's own unit.
    """

    def __init__(self, limit: float) -> None:
        self.between: tuple[float, float] | None = None
        """Edges around the limit where events may lie between them; None where it is all exact."""
        self._limit = limit
        self._last: NativeSample | None = None
        self._sums = (0.0, 0.0, 0.0)
        self._rows = array("d")

    def add(self, sample: NativeSample) -> None:
        """Count a sample; one that is no newer than the last is passed over."""
        if self._last is not None and sample.at <= self._last.at:
            return
        gain = gain_between(self._last, sample, self._limit)
        if gain.at_least < gain.at_most:
            low, high = self.between or (self._limit, self._limit)
            self.between = min(low, gain.below), max(high, gain.above)
        total, at_least, at_most = self._sums
        self._sums = total + gain.total, at_least + gain.at_least, at_most + gain.at_most
        self._rows.extend((sample.at, *self._sums))
        self._last = sample

    def forget_rows(self) -> None:
        """Let go of what was told already; the sums and the last sample stay."""
        self._rows = array("d")

    def series(self, name: str, labels: Mapping[str, str], source: str) -> tuple[RawSeries, ...]:
        """Return it as a classic histogram that has the limit as an edge, for `native_sli`."""
        times, *sums = np.array(self._rows).reshape(-1, 4).T
        edge = {**labels, "le": repr(self._limit)}
        shown = (("_count", dict(labels)), ("_bucket", edge), (AT_MOST, edge))
        return tuple(
            RawSeries(name=name + suffix, labels=own, source=source, times=times, values=values)
            for (suffix, own), values in zip(shown, sums, strict=True)
        )


def native_sli(sli: LatencySli) -> RatioSli:
    """Return what counts a latency, once its histogram was counted by `NativeCount`."""
    edge = repr(sli.limit)
    return RatioSli(
        total=(sli.histogram.where(suffix="_count"),),
        good=(sli.histogram.where(suffix="_bucket", le=edge),),
        at_most=(sli.histogram.where(suffix=AT_MOST, le=edge),),
    )
