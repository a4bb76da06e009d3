"""Points of many short-lived streams to a few counters that only rise. Pure.

Each series is the sum of its streams: a delta adds itself, a cumulative stream adds what it gained,
and a stream that began after watching began counts from zero. What was seen before, came late or
was sent twice changes nothing, so a request may be delivered again. A stream that was quiet for an
hour is folded: its counts stay, its last value is forgotten, and nothing that might be counted
twice because of that is counted at all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from probes.otlp import Point
from probes.otlp_values import Parts

__all__ = ["MAX_SERIES", "MAX_STREAMS", "QUIET_SECONDS", "Series", "Streams"]

QUIET_SECONDS = 3600.0
"""A sandbox that was frozen for longer is gone; one that thaws counts from its next word on."""
MAX_STREAMS = 50_000
MAX_SERIES = 10_000
AHEAD_SECONDS = 300.0
"""How far another machine's clock may be ahead of ours."""
NANOS = 1_000_000_000

LATE = "sent twice or late: a newer point of the same stream was counted"
TOO_OLD = "late: the point is older than watching, or than streams that were already folded"
AHEAD = "the point is more than five minutes ahead of this machine's clock"
FELL = "a counter fell and did not begin anew: two processes push as one? set service.instance.id"
TOO_MANY_STREAMS = f"more than {MAX_STREAMS} streams within the hour: push fewer attributes"
TOO_MANY_SERIES = f"more than {MAX_SERIES} series: push fewer attributes, or drop some in a view"

Series = tuple[tuple[str, Mapping[str, str]], ...]
Names = list[tuple[str, Mapping[str, str]]]
Labels = tuple[tuple[str, str], ...]


class _NotCounted(Exception):
    """The point changes nothing; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    """Which series a stream adds to, what it last showed and when, and when we heard of it."""

    series: tuple[int, ...]
    values: tuple[float, ...]
    at: int
    heard: float


class Streams:
    """The streams and series of one source.

    Args:
        since: When watching began, Unix seconds: what a stream showed before is its beginning.
    """

    def __init__(self, *, since: float) -> None:
        self._since = int(since * NANOS)
        self._streams: dict[str, _Stream] = {}
        self._series: Series = ()
        self._index: dict[tuple[str, Labels], int] = {}
        self._groups: dict[tuple[str, Labels, Parts], tuple[int, ...]] = {}
        self._totals: list[float] = []
        self._changed: set[str] = {"since"}

    @property
    def series(self) -> Series:
        """Return names and labels; the same object for as long as none is added."""
        return self._series

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """Return the running total of each series, shape (len(series),)."""
        return np.array(self._totals, dtype=np.float64)

    def __len__(self) -> int:
        return len(self._streams)

    def take(self, points: Iterable[Point], *, now: float) -> Counter[str]:
        """Count points; return how many were not, by reason.

        Args:
            points: In the order in which they came.
            now: Unix seconds.
        """
        self._fold(now)
        rejected: Counter[str] = Counter()
        known = len(self._totals)
        names: Names = []
        for point in points:
            try:
                self._count(point, now, names)
            except _NotCounted as reason:
                rejected[str(reason)] += 1
        if len(self._totals) > known:
            self._series = (*self._series, *names)
        return rejected

    def changes(self) -> dict[str, Any]:
        """Return rows, as JSON values by key, that changed since `forget_changes`; None: it is gone."""
        return {key: self._row(key) for key in self._changed}

    def forget_changes(self) -> None:
        """Say that they are saved."""
        self._changed.clear()

    @classmethod
    def restore(cls, rows: Mapping[str, Any], *, now: float) -> "Streams":
        """Return what all rows that were ever changed add up to, as of now.

        While nobody listened nobody was quiet, so the hour of every stream begins anew.
        """
        found = cls(since=0.0)
        found._since = rows["since"]
        numbered = {int(key[7:]): row for key, row in rows.items() if key.startswith("series/")}
        for number in sorted(numbered):
            name, labels, total = numbered[number]
            found._index[name, tuple((key, value) for key, value in labels)] = number
            found._series = (*found._series, (name, dict(labels)))
            found._totals.append(total)
        for key, row in rows.items():
            if key.startswith("stream/"):
                series, values, at = row
                found._streams[key[7:]] = _Stream(
                    series=tuple(series), values=tuple(values), at=at, heard=now
                )
        found.forget_changes()
        return found

    def _count(self, point: Point, now: float, names: Names) -> None:
        if point.at > (now + AHEAD_SECONDS) * NANOS:
            raise _NotCounted(AHEAD)
        before = self._streams.get(point.stream)
        values = point.values
        if before is None:
            series, gained = self._begin(point, names)
        elif point.at <= before.at:
            raise _NotCounted(LATE)
        else:
            series, gained = before.series, self._gained(point, before)
            if point.cumulative and gained is not values:
                values = tuple(map(max, values, before.values))
        for number, gain in zip(series, gained, strict=True):
            if gain:
                self._totals[number] += gain
                self._changed.add(f"series/{number}")
        self._streams.pop(point.stream, None)  # the quietest stays first
        self._streams[point.stream] = _Stream(series=series, values=values, at=point.at, heard=now)
        self._changed.add(f"stream/{point.stream}")

    def _begin(self, point: Point, names: Names) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Return the series of a stream that was not known, and what it adds to them."""
        if point.at <= self._since:
            raise _NotCounted(TOO_OLD)
        if len(self._streams) >= MAX_STREAMS:
            raise _NotCounted(TOO_MANY_STREAMS)
        series = self._group(point, names)
        whole = not point.cumulative or point.started > self._since
        return series, point.values if whole else (0.0,) * len(series)

    def _gained(self, point: Point, before: _Stream) -> tuple[float, ...]:
        if not point.cumulative:
            return point.values
        pairs = tuple(zip(point.values, before.values, strict=True))
        # A sum of observations may fall where some are negative: Prometheus knows no such counter.
        fell = any(
            now < then and suffix != "_sum"
            for (now, then), (suffix, _) in zip(pairs, point.parts, strict=True)
        )
        if not fell:
            return tuple(max(0.0, now - then) for now, then in pairs)
        if point.started:
            raise _NotCounted(FELL)
        return point.values  # it does not say when it began, so falling is its way to say so

    def _group(self, point: Point, names: Names) -> tuple[int, ...]:
        """Return the numbers of the series that a point adds to."""
        key = (point.name, point.labels, point.parts)
        if key in self._groups:
            return self._groups[key]
        plain = tuple(pair for pair in point.labels if pair[0] != "le" or len(point.parts) == 1)
        wanted = [
            (point.name + suffix, (*plain, ("le", edge)) if edge else plain)
            for suffix, edge in point.parts
        ]
        new = [series for series in wanted if series not in self._index]
        if len(self._totals) + len(new) > MAX_SERIES:
            raise _NotCounted(TOO_MANY_SERIES)
        for name, labels in new:
            self._index[name, labels] = len(self._totals)
            self._changed.add(f"series/{len(self._totals)}")
            self._totals.append(0.0)
            names.append((name, dict(labels)))
        if len(self._groups) >= MAX_SERIES:
            self._groups.clear()  # only a memory of what was worked out
        self._groups[key] = tuple(self._index[series] for series in wanted)
        return self._groups[key]

    def _fold(self, now: float) -> None:
        """Forget streams that were quiet for long, and remember up to when nothing can be told."""
        while self._streams:
            key, stream = next(iter(self._streams.items()))
            if stream.heard > now - QUIET_SECONDS:
                return
            del self._streams[key]
            self._since = max(self._since, stream.at)
            self._changed |= {"since", f"stream/{key}"}

    def _row(self, key: str) -> Any:  # noqa: ANN401 -- any JSON
        kind, _, name = key.partition("/")
        if kind == "since":
            return self._since
        if kind == "series":
            series, labels = self._series[int(name)]
            return [series, [*map(list, labels.items())], self._totals[int(name)]]
        stream = self._streams.get(name)
        return stream and [list(stream.series), list(stream.values), stream.at]
