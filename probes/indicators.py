"""What a model server's page says about its requests, in which unit, and how near to the client.

An indicator names metrics; whether a page holds them is `detection`'s business. Of several with one
name the first that a page holds is taken: that is how renamed metrics are followed. Labels named
here say which model and version a series is about; an empty name means that no label says so.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from math import inf

from slo import Selector

__all__ = ["Distribution", "Form", "Indicator", "Level", "Ratio", "Shape", "Source", "Tally"]


class Source(IntEnum):
    """How near to what clients saw; the smaller the nearer, and the better an SLO rests on it."""

    PROXY = 1
    SERVER = 2
    ENGINE = 3
    SUBTRACTION = 4
    PROBE = 5

    @property
    def title(self) -> str:
        """Return it in words."""
        return _TITLES[self]


_TITLES = {
    Source.PROXY: "proxy or mesh",
    Source.SERVER: "HTTP counter of the server",
    Source.ENGINE: "counter of the inference engine",
    Source.SUBTRACTION: "difference of two counters",
    Source.PROBE: "probe",
}


class Form(StrEnum):
    """How counts come: ever rising, or anew for each period (never to be rated)."""

    COUNTER = "counter"
    PERIOD = "period"


class Shape(StrEnum):
    """What is known of a distribution.

    A histogram has edges that SLOs can use. A summary, a mean and an average have none: no share of
    requests within a limit can be had from them.
    """

    HISTOGRAM = "histogram"
    SUMMARY = "summary"
    MEAN = "mean"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Requests, and which of them were good or bad. Exactly one of ``good`` and ``bad`` is given.

    Attributes:
        name: ``availability``, or what else it counts.
        source: How near to the client.
        total: Selectors whose sum is all requests.
        good: Selectors whose sum is the good ones.
        bad: Selectors whose sum is the bad ones.
        form: Counter, or anew for each period.
        model: Label that names the model.
        version: Label that names the version.
        cannot_see: What it misses, for people.
        declared: A family and the TYPE that the page must give it, where that decides the form:
            some exporters print the same name as a counter or as periods, by a flag.
    """

    name: str = "availability"
    source: Source
    total: tuple[Selector, ...]
    good: tuple[Selector, ...] = ()
    bad: tuple[Selector, ...] = ()
    form: Form = Form.COUNTER
    model: str = ""
    version: str = ""
    cannot_see: tuple[str, ...] = ()
    declared: tuple[str, str] | None = None

    @property
    def needs(self) -> tuple[Selector, ...]:
        """Return what a page must hold: any series of the total."""
        return self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How long requests take, how large batches are, and the like.

    Attributes:
        name: ``latency``, ``ttft``, ``tpot``, ``itl``, ``queue_time``, ``batch_size``, ...
        source: How near to the client.
        family: The histogram or summary without suffix; of a mean, the counter of the sum; of an
            average, the gauge.
        count: Of a mean: the counters to divide by.
        shape: What is known of it.
        unit: ``seconds``, ``requests``, ``tokens``: what figures are in once scaled.
        scale: What one unit of the page is worth in ``unit``: 0.001 for milliseconds.
        model: Label that names the model.
        version: Label that names the version.
        only_good: Whether failed requests are left out of it.
        declared: As of `Ratio`.
    """

    name: str
    source: Source
    family: Selector
    count: tuple[Selector, ...] = ()
    shape: Shape = Shape.HISTOGRAM
    unit: str = "seconds"
    scale: float = 1.0
    form: Form = Form.COUNTER
    model: str = ""
    version: str = ""
    only_good: bool = False
    declared: tuple[str, str] | None = None

    @property
    def needs(self) -> tuple[Selector, ...]:
        """Return what a page must hold."""
        if self.shape is Shape.HISTOGRAM:
            return (self.family.where(suffix="_bucket"),)
        if self.shape is Shape.SUMMARY:
            return (self.family.where(suffix="_count"), self.family)
        return (self.family,)

    def scaled(self, le: str) -> float:
        """Return a ``le`` label in ``unit``; infinity for what is no number."""
        try:
            edge = float(f"{float(le) * self.scale:.12g}")  # 0.3 s, and not 0.30000000000000004
        except ValueError:
            return inf
        return edge if edge == edge else inf  # noqa: PLR0124 -- NaN


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Something that goes up and down.

    Attributes:
        name: ``in_flight``, ``queue_depth``, ``kv_cache``, ``gpu_utilization``, ``gpu_memory``, ...
        series: Gauges; where several match they are replicas, queues or cards of one server.
        unit: ``requests``, ``ratio``, ``bytes``, ``watts``, ``celsius``: once scaled.
        scale: What one unit of the page is worth in ``unit``: 0.01 for per cent.
        model: Label that names the model.
        version: Label that names the version.
        blank: Values of the page from here on mean that nothing is known: some exporters have no
            other way to say so.
    """

    name: str
    series: tuple[Selector, ...]
    unit: str
    scale: float = 1.0
    model: str = ""
    version: str = ""
    blank: float = inf

    @property
    def needs(self) -> tuple[Selector, ...]:
        """Return what a page must hold."""
        return self.series


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Something else that is counted: tokens, preemptions, throttled calls, restarts.

    Attributes:
        name: What it counts.
        series: Selectors whose sum it is.
        unit: ``tokens``, ``requests``, ``restarts``, ...
        form: Counter, or anew for each period.
        model: Label that names the model.
        version: Label that names the version.
        declared: As of `Ratio`.
    """

    name: str
    series: tuple[Selector, ...]
    unit: str
    form: Form = Form.COUNTER
    model: str = ""
    version: str = ""
    declared: tuple[str, str] | None = None

    @property
    def needs(self) -> tuple[Selector, ...]:
        """Return what a page must hold."""
        return self.series


Indicator = Ratio | Distribution | Level | Tally
