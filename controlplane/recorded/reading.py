"""Where recorded periods are: two files, one file, or an engine; told apart by labels or by time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from controlplane.engines.openmetrics_file import OpenMetricsFile
from controlplane.engines.prometheus import PrometheusEngine
from controlplane.errors import InvalidConfig
from controlplane.recorded.gains import Taken
from controlplane.recorded.series import Asked, from_series, narrowed
from controlplane.recorded.table import AskedColumns, Table, from_table, read_table
from slo import InvalidSelector, Matcher, RawSeries, Selector, parse_selectors

__all__ = ["Compared", "Period", "matchers_of", "take"]

FOREVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One arm.

    Attributes:
        place: ``http://...``, or the path of a dump or of a ``.csv``.
        matchers: What its series, or rows, have in common.
        since: Unix seconds; None from the beginning, which an engine cannot tell.
        until: Unix seconds; None to the end.
        back_seconds: Of a file instead of `since`: so far back from its end.
    """

    place: str
    matchers: tuple[Matcher, ...] = ()
    since: float | None = None
    until: float | None = None
    back_seconds: float | None = None

    def within(self, newest: float) -> tuple[float, float]:
        """Return from when to when a file is read whose newest sample is of this time."""
        until = FOREVER if self.until is None else self.until
        if self.back_seconds is not None:
            return min(until, newest) - self.back_seconds, until
        return self.since or 0.0, until

    @property
    def is_table(self) -> bool:
        """Whether it is a file of comma-separated values."""
        return self.place.lower().endswith(".csv")

    @property
    def is_engine(self) -> bool:
        """Whether it is asked over HTTP."""
        return self.place.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is compared, as written.

    Attributes:
        bad: Selectors of failed requests, or a column.
        total: Of all requests, or a column.
        histograms: Families of latency.
        samples: Columns of latencies.
        tick_seconds: Length of a tick; the usual time between scrapes when None.
    """

    bad: str | None = None
    total: str | None = None
    histograms: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    tick_seconds: float | None = None


def matchers_of(text: str) -> tuple[Matcher, ...]:
    """Read conditions on labels, for example ``version="2",zone!="b"``.

    Raises:
        InvalidConfig: They are none.
    """
    inside = text.strip().removeprefix("{").removesuffix("}")
    try:
        (selector,) = parse_selectors(f"x{{{inside}}}")
    except (InvalidSelector, ValueError) as error:
        msg = f"{text!r} is no condition on labels."
        raise InvalidConfig(msg, hint="write for example --canary 'version=\"2\"'") from error
    return selector.matchers


def take(
    canary: Period,
    baseline: Period,
    compared: Compared,
    engine: Callable[[str], PrometheusEngine],
) -> Taken:
    """Read both periods.

    Args:
        canary: Where that arm is.
        baseline: The same.
        compared: What is compared.
        engine: Opens the engine at an address.

    Raises:
        EngineError: A file or an engine cannot be read.
        InvalidConfig: What is asked for cannot be had from these.
    """
    if canary.is_table != baseline.is_table:
        msg = "Two tables can be compared, or two that hold counters, but not one with the other."
        raise InvalidConfig(msg)
    if canary.is_table:
        here, there = _rows(canary), _rows(baseline)
        return from_table(here, there, _columns(compared, here))
    asked = _asked(compared)
    warnings: dict[str, None] = {}
    series, other = (_series(each, asked, engine, warnings) for each in (canary, baseline))
    notes = (f"the engine warns: {warning}" for warning in warnings)
    return from_series(series, other, asked, notes=tuple(notes))


def _rows(period: Period) -> Table:
    table = read_table(Path(period.place))
    since, until = period.within(max(table.times, default=0.0))
    return table.between(since, until).of(period.matchers)


def _columns(compared: Compared, table: Table) -> AskedColumns:
    """Return what was asked for; a table with `total` and `errors` needs no words."""
    if compared.histograms:
        msg = "A table has no histograms; name its latencies with --samples COLUMN."
        raise InvalidConfig(msg)
    bad, total = compared.bad, compared.total
    if bad is None and total is None:
        total = "total" if {"total", "errors"} <= table.columns else None
        bad = "errors" if total else None
    if bad is None and not compared.samples:
        msg = "Nothing is compared: name --bad and --total, or --samples."
        raise InvalidConfig(msg)
    return AskedColumns(
        bad=bad, total=total, samples=compared.samples, tick_seconds=compared.tick_seconds
    )


def _asked(compared: Compared) -> Asked:
    if compared.samples:
        msg = "--samples names columns of a .csv; counters have --histogram."
        raise InvalidConfig(msg)
    if (compared.bad is None) != (compared.total is None):
        msg = "--bad and --total go together: failed requests, and all."
        raise InvalidConfig(msg)
    if compared.bad is None and not compared.histograms:
        msg = "Nothing is compared: name --bad and --total, or --histogram."
        raise InvalidConfig(msg)
    return Asked(
        bad=_selectors(compared.bad),
        total=_selectors(compared.total),
        histograms=tuple(each for text in compared.histograms for each in _selectors(text)),
        tick_seconds=compared.tick_seconds,
    )


def _selectors(text: str | None) -> tuple[Selector, ...]:
    try:
        return parse_selectors(text) if text is not None else ()
    except InvalidSelector as error:
        raise InvalidConfig(str(error)) from error


def _series(
    period: Period,
    asked: Asked,
    engine: Callable[[str], PrometheusEngine],
    warnings: dict[str, None],
) -> Sequence[RawSeries]:
    wanted = narrowed(asked.selectors, period.matchers)
    if not period.is_engine:
        return _of_dump(period, wanted)
    if period.since is None or period.until is None:
        msg = "An engine is asked for a time: give --since."
        raise InvalidConfig(msg)
    opened = engine(period.place)
    try:
        found = opened.raw(wanted, since=period.since, until=period.until)
    finally:
        opened.close()
    warnings.update(dict.fromkeys(found.warnings))
    return found.series


def _of_dump(period: Period, wanted: Sequence[Selector]) -> list[RawSeries]:
    file = OpenMetricsFile(Path(period.place))
    since, until = period.within(file.ends)
    return [
        _between(each, since, until)
        for each in file.series
        if any(selector.selects(each.name, each.labels) for selector in wanted)
    ]


def _between(series: RawSeries, since: float, until: float) -> RawSeries:
    inside = (series.times >= since) & (series.times <= until)
    return replace(series, times=series.times[inside], values=series.values[inside])
