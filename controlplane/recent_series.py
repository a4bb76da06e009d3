"""Every series of every target for the last hour or so, in memory and packed: what charts are drawn of.

The newest rows of a target wait as they came; when there are enough they are packed. Whole numbers
are packed as differences, which rarely need more than a byte; other values lose none of their bits.
"""

import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from probes.exposition import Layout
from slo import Selector

__all__ = ["RecentSeries", "SeriesPoints"]

Floats = npt.NDArray[np.float64]
ROWS = 30
"""Rows that are packed together: more packs tighter, and needs more memory until then."""

INT32 = float(2**31 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoints:
    """One series: times in Unix seconds, and values."""

    name: str
    labels: dict[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Packed:
    layout: Layout
    times: Floats
    whole: npt.NDArray[np.bool_]
    first: Floats
    steps: bytes
    bits: bytes


class _Target:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.times: list[float] = []
        self.rows: list[Floats] = []
        self.packed: deque[_Packed] = deque()


class RecentSeries:
    """Keeps what pages showed.

    Args:
        seconds: How long; 0 keeps nothing.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._targets: dict[str, _Target] = {}

    def add(self, target: str, layout: Layout, values: Floats, *, at: float) -> None:
        """Remember a page."""
        if not self._seconds:
            return
        known = self._targets.get(target)
        if known is None:
            known = self._targets[target] = _Target(layout)
        if known.rows and (known.layout is not layout or len(known.rows) == ROWS):
            known.packed.append(_pack(known.layout, known.times, known.rows))
            known.times, known.rows = [], []
            while known.packed[0].times[-1] < at - self._seconds:
                known.packed.popleft()
        known.layout = layout
        known.times.append(at)
        known.rows.append(values)

    def forget(self, target: str) -> None:
        """Drop a target that is gone."""
        self._targets.pop(target, None)

    def read(
        self, target: str, selectors: Sequence[Selector], *, since: float, most: int
    ) -> tuple[SeriesPoints, ...]:
        """Return the series that any of the selectors matches, oldest point first.

        Args:
            target: Whose.
            selectors: Which.
            since: Unix seconds of the oldest point wanted.
            most: Series at most.
        """
        found: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
        known = self._targets.get(target)
        names: dict[tuple[str, str], dict[str, str]] = {}
        for layout, times, rows in () if known is None else _chunks(known, since):
            for column, (name, labels) in enumerate(layout.series):
                if any(selector.selects(name, labels) for selector in selectors):
                    key = (name, repr(sorted(labels.items())))
                    if key not in found and len(found) == most:
                        continue
                    names[key] = dict(labels)
                    points = found.setdefault(key, ([], []))
                    points[0].extend(times.tolist())
                    points[1].extend(rows[:, column].tolist())
        return tuple(
            SeriesPoints(name=key[0], labels=names[key], times=tuple(t), values=tuple(v))
            for key, (t, v) in found.items()
        )


def _chunks(known: _Target, since: float) -> Iterator[tuple[Layout, Floats, Floats]]:
    for packed in known.packed:
        if packed.times[-1] >= since:
            late = packed.times >= since
            yield packed.layout, packed.times[late], _unpack(packed)[late]
    if known.rows:
        times = np.array(known.times)
        late = times >= since
        yield known.layout, times[late], np.array(known.rows)[late]


def _pack(layout: Layout, times: Sequence[float], rows: Sequence[Floats]) -> _Packed:
    table = np.array(rows)
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.diff(table, axis=0)
        whole = ((table == np.rint(table)) & (np.abs(table) < 2.0**52)).all(axis=0)
        whole &= (np.abs(steps) < INT32).all(axis=0)
    bits = np.ascontiguousarray(table[:, ~whole]).view(np.uint64)
    bits[1:] ^= bits[:-1].copy()
    return _Packed(
        layout=layout,
        times=np.array(times),
        whole=whole,
        first=table[0, whole],
        steps=_squeezed(steps[:, whole].astype("<i4")),
        bits=_squeezed(bits),
    )


def _unpack(packed: _Packed) -> Floats:
    rows, whole = len(packed.times), packed.whole
    table = np.empty((rows, len(whole)))
    width = int(whole.sum())
    steps = _spread(packed.steps, "<i4").reshape(width, rows - 1).T.astype(np.float64)
    table[0, whole] = packed.first
    table[1:, whole] = packed.first + np.cumsum(steps, axis=0)
    bits = np.ascontiguousarray(_spread(packed.bits, "<u8").reshape(len(whole) - width, rows).T)
    table[:, ~whole] = np.bitwise_xor.accumulate(bits, axis=0).view(np.float64)
    return table


def _squeezed(table: npt.NDArray[np.generic]) -> bytes:
    """Pack numbers by place: first all their lowest bytes, then the next, mostly zeros."""
    flat = np.ascontiguousarray(table.T).reshape(-1)
    return zlib.compress(flat.view(np.uint8).reshape(-1, flat.itemsize).T.tobytes(), level=1)


def _spread(packed: bytes, kind: str) -> npt.NDArray[np.uint64]:
    size = np.dtype(kind).itemsize
    flat = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(size, -1).T
    return np.ascontiguousarray(flat).view(kind).reshape(-1)
