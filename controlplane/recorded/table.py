"""Recorded periods as tables of comma-separated values.

Wide: a column ``time``, perhaps ``replica``, columns that tell the arms apart (``arm``, or any others), and
columns of numbers. Long: ``metric`` and ``value`` instead of those. Counts are what was gained since the row
before; samples are one row for each request, in seconds.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

import numpy as np
import numpy.typing as npt

from canary_analysis import Kind, Metric, count_above, edges_of
from controlplane.errors import EngineError, InvalidConfig
from controlplane.recorded.gains import Gains, MetricGains, Taken, to_recording
from controlplane.units import parse_moment
from slo import Matcher

__all__ = ["AskedColumns", "Table", "from_table", "read_table"]

Floats = npt.NDArray[np.float64]

MOST_ROWS, MOST_COUNTED = 5_000_000, 10**12
SAMPLE_TICK_SECONDS = 10.0
MORE = "more"
TIMES, REPLICAS = ("time", "timestamp"), ("replica", "instance", "pod")
ERRORS = "errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedColumns:
    """What is compared.

    Attributes:
        bad: Column of failed requests; with samples 0 or 1 in each row.
        total: Column of all requests; None where each row is one.
        samples: Columns of latencies in seconds.
        tick_seconds: Length of a tick; the usual time between rows when None.
    """

    bad: str | None = None
    total: str | None = None
    samples: tuple[str, ...] = ()
    tick_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Rows of a file.

    Attributes:
        path: Where they are from, for complaints.
        times: Unix seconds.
        rows: The cells by column; a long table has its metric as a column.
        columns: All that any row has.
    """

    path: Path
    times: Sequence[float]
    rows: Sequence[Mapping[str, str]]
    columns: frozenset[str]

    def of(self, matchers: tuple[Matcher, ...]) -> "Table":
        """Return the rows whose cells meet all conditions."""
        return self._where(lambda _, row: all(matcher.holds(row) for matcher in matchers))

    def between(self, since: float, until: float) -> "Table":
        """Return the rows of a time."""
        return self._where(lambda at, _: since <= at <= until)

    def _where(self, keep: Callable[[float, Mapping[str, str]], bool]) -> "Table":
        pairs = zip(self.times, self.rows, strict=True)
        chosen = [(at, row) for at, row in pairs if keep(at, row)]
        return replace(self, times=[at for at, _ in chosen], rows=[row for _, row in chosen])

    def column(self, name: str) -> dict[str, tuple[Floats, Floats]]:
        """Return times and numbers of a column by replica; empty cells and NaN are left out.

        Raises:
            EngineError: There is no such column, or a cell is no number.
        """
        if name not in self.columns:
            known = ", ".join(sorted(self.columns))
            msg = f"{self.path} has no column {name}; it has {known}."
            raise EngineError(msg)
        found: dict[str, list[tuple[float, float]]] = {}
        for at, row in zip(self.times, self.rows, strict=True):
            value = self._number(row.get(name, ""), name)
            if isfinite(value):
                found.setdefault(_replica(row), []).append((at, value))
        return {
            replica: (np.array([at for at, _ in cells]), np.array([value for _, value in cells]))
            for replica, cells in sorted(found.items())
        }

    def _number(self, cell: str, name: str) -> float:
        try:
            value = float(cell) if cell else float("nan")
        except ValueError as error:
            msg = f"{self.path}: {cell[:40]!r} in column {name} is no number."
            raise EngineError(msg) from error
        if value < 0.0:
            msg = f"{self.path}: {cell} in column {name} is below zero, which is no count and no time."
            raise EngineError(msg)
        if value > MOST_COUNTED:
            msg = f"{self.path}: {cell} in column {name} is more than {MOST_COUNTED}."
            raise EngineError(msg)
        return value


def read_table(path: Path) -> Table:
    """Read a file.

    Raises:
        EngineError: It cannot be read, has no column of times, or a time is none.
    """
    times: list[float] = []
    rows: list[dict[str, str]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey=MORE)
            names = reader.fieldnames or ()
            stamp = next((name for name in TIMES if name in names), None)
            if stamp is None:
                msg = f"{path} has no column `time`; it has {', '.join(names) or 'none at all'}."
                raise EngineError(msg)
            for row in reader:
                if len(rows) == MOST_ROWS:
                    msg = f"{path} holds more than {MOST_ROWS} rows."
                    raise EngineError(msg)
                times.append(_moment(path, reader.line_num, row[stamp]))
                if MORE in row:
                    msg = f"{path}:{reader.line_num} has more cells than columns."
                    raise EngineError(msg)
                rows.append(_wide(row))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{path} cannot be read: {type(error).__name__}."
        raise EngineError(msg) from error
    columns = frozenset(names).union(*rows)
    return Table(path=path, times=times, rows=rows, columns=columns)


def _wide(row: Mapping[str, str | None]) -> dict[str, str]:
    cells = {key: (value or "").strip() for key, value in row.items()}
    if "metric" in cells and "value" in cells:
        cells[cells.pop("metric")] = cells.pop("value")
    return cells


def _moment(path: Path, line: int, text: str | None) -> float:
    try:
        return parse_moment(text or "")
    except ValueError as error:
        msg = f"{path}:{line}: {error}."
        raise EngineError(msg) from error


def _replica(row: Mapping[str, str]) -> str:
    return next((row[name] for name in REPLICAS if row.get(name)), "all")


def from_table(canary: Table, baseline: Table, asked: AskedColumns) -> Taken:
    """Return what both arms counted.

    Raises:
        EngineError: A column is missing or holds what it cannot.
        InvalidConfig: A column holds no latency at all.
    """
    grid = asked.tick_seconds or SAMPLE_TICK_SECONDS
    found = []
    if asked.bad is not None:
        metric = Metric(name=ERRORS, kind=Kind.ERRORS)
        here, there = (tuple(_failures(arm, asked, asked.bad, grid)) for arm in (canary, baseline))
        found.append(MetricGains(metric=metric, canary=here, baseline=there))
    for name in asked.samples:
        columns = canary.column(name), baseline.column(name)
        edges = _grid(name, [values for column in columns for _, values in column.values()])
        metric = Metric(name=name, kind=Kind.LATENCY, edges=edges)
        here, there = (tuple(_counted(column, edges, grid)) for column in columns)
        found.append(MetricGains(metric=metric, canary=here, baseline=there))
    tick = grid if asked.samples else asked.tick_seconds
    return to_recording(found, tick_seconds=tick, scraped=asked.total is not None)


def _tick_ends(at: Floats, tick: float) -> Floats:
    """Return when the tick of each row ends, so that what one request tells is told together."""
    return np.asarray(np.ceil(at / tick) * tick)


def _failures(arm: Table, asked: AskedColumns, bad: str, grid: float) -> Iterator[Gains]:
    failed = arm.column(bad)
    whole = arm.column(asked.total) if asked.total is not None else {}
    for replica in sorted({*failed, *whole}):
        nothing = (np.zeros(0), np.zeros(0))
        at, count = failed.get(replica, nothing)
        total_at, total = whole.get(replica, nothing)
        if asked.total is None:
            total_at, total = at, np.ones(len(at))
        ends = np.unique(np.concatenate([at, total_at]))
        sums = [
            np.bincount(np.searchsorted(ends, when), weights=weights, minlength=len(ends))
            for when, weights in ((total_at, total), (at, count))
        ]
        counts = np.rint(np.column_stack(sums)).astype(np.int64)
        if (counts[:, 1] > counts[:, 0]).any():
            msg = f"{arm.path}: more {bad} than requests in one row of {replica}."
            raise EngineError(msg)
        ends = _tick_ends(ends, grid) if asked.samples else ends
        yield Gains(replica=replica, ends=ends, counts=counts)


def _grid(name: str, columns: Sequence[Floats]) -> tuple[float, ...]:
    """Return edges of the grid over all but the outermost thousandths of both arms together."""
    values = np.concatenate([np.zeros(0), *columns])
    values = values[values > 0.0]
    if not len(values):
        msg = f"Column {name} holds no latency above zero."
        raise InvalidConfig(msg)
    return edges_of(np.quantile(values, (0.001, 0.999)))


def _counted(
    column: Mapping[str, tuple[Floats, Floats]], edges: tuple[float, ...], tick: float
) -> Iterator[Gains]:
    for replica, (at, values) in column.items():
        ends, place = np.unique(_tick_ends(at, tick), return_inverse=True)
        counts = count_above(values, edges, ticks=place)
        yield Gains(replica=replica, ends=ends, counts=counts)
