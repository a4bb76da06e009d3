"""The metrics page of a simulated model server: 200 series whose numbers follow from the time.

The families are those of the bundled reference server where it has them. A page is a template made
once and numbers put into it, so that a fleet of thousands costs little beside those who scrape it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

__all__ = ["RATE", "Moment", "Template", "make_template", "requests_so_far"]

RATE = 50.0
"""Requests a second of one target."""

VERSIONS = [f'model="{model}",version="{number}"' for model in ("a", "b") for number in (1, 2)]
SHARES = (0.4, 0.3, 0.2, 0.1)
"""Of the requests, by version."""

CODES = ("200", "400", "429", "500", "503")
EDGES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
BELOW = (0.02, 0.1, 0.35, 0.6, 0.75, 0.85, 0.96, 0.99, 0.997, 0.9992, 0.9999, 1.0)
"""Share of the requests at or below each edge, the last one being +Inf."""

GPU_GAUGES = ("utilization", "memory_used_bytes", "memory_total_bytes", "power_watts")
GPU_MORE = ("temperature_celsius", "energy_joules", "sm_clock_hertz", "memory_clock_hertz")
PROCESS = ("cpu_seconds_total", "resident_memory_bytes", "virtual_memory_bytes", "open_fds")
STARTED = 1_700_000_000
"""Unix seconds at which every server of the fleet says that it began: long before anyone watched."""

Figure = Callable[["Moment"], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a page is read: seconds since the fleet began, and when its errors began, if they did."""

    at: float
    fault_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a page."""

    family: str
    kind: str
    name: str
    labels: str
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A page with holes, and what goes into them."""

    text: str
    figures: tuple[Figure, ...]

    def page(self, moment: Moment) -> bytes:
        """Return the page of this moment."""
        return (self.text % tuple(figure(moment) for figure in self.figures)).encode()


def requests_so_far(moment: Moment) -> tuple[int, int]:
    """Return how many requests of one target were answered badly, and how many in all."""
    bad = sum(line.figure(moment) for line in _requests() if 'code="5' in line.labels)
    return int(bad), int(sum(line.figure(moment) for line in _requests()))


def make_template(names: tuple[str, ...] = ()) -> Template:
    """Return the page; with names only the samples that are called so, as prometheus_client does."""
    wanted = [line for line in _series() if not names or line.name in names]
    lines = []
    for (family, kind), members in groupby(wanted, key=lambda line: (line.family, line.kind)):
        lines += [f"# HELP {family} Of a simulated server.", f"# TYPE {family} {kind}"]
        lines += [f"{line.name}{{{line.labels}}} %r".replace("{}", "") for line in members]
    text = "".join(f"{line}\n" for line in lines)
    return Template(text=text, figures=tuple(line.figure for line in wanted))


def _series() -> Iterator[Series]:
    yield from _requests()
    for family, slower in (
        ("inference_request_duration_seconds", 1.0),
        ("inference_queue_seconds", 0.2),
    ):
        for version, share in zip(VERSIONS, SHARES, strict=True):
            yield from _histogram(family, version, share, slower)
    yield from _of_versions(
        "inference_tokens_total", "counter", lambda at, share: int(at * share * 9e3), 2
    )
    for family in ("inference_in_flight", "inference_queue_depth", "inference_pending"):
        yield from _of_versions(family, "gauge", lambda at, share: int(at * 7 * share) % 9, 1)
    yield from _gpus()
    yield from _process()


def _requests() -> Iterator[Series]:
    family = "inference_requests_total"
    for version, share in zip(VERSIONS, SHARES, strict=True):
        for code in CODES:
            labels = f'{version},code="{code}"'
            figure = _answers(share, code)
            yield Series(family=family, kind="counter", name=family, labels=labels, figure=figure)


def _answers(share: float, code: str) -> Figure:
    """Return a counter: one request in fifty is a client's mistake, and in a fault all fail."""
    part = {"200": 0.98, "400": 0.02, "503": 1.0}.get(code, 0.0) * RATE * share

    def figure(moment: Moment) -> float:
        healthy = moment.at if moment.fault_at is None else min(moment.fault_at, moment.at)
        return float(int(part * (moment.at - healthy if code == "503" else healthy)))

    return figure


def _histogram(family: str, version: str, share: float, slower: float) -> Iterator[Series]:
    def line(suffix: str, labels: str, figure: Figure) -> Series:
        name = family + suffix
        return Series(family=family, kind="histogram", name=name, labels=labels, figure=figure)

    def below(part: float) -> Figure:
        return lambda moment: float(int(RATE * share * moment.at * part))

    for edge, part in zip([*map(str, EDGES), "+Inf"], BELOW, strict=True):
        yield line("_bucket", f'{version},le="{edge}"', below(part))
    yield line("_count", version, below(1.0))
    yield line("_sum", version, lambda moment: moment.at * RATE * share * slower * 0.0612345)


def _of_versions(
    family: str, kind: str, figure: Callable[[float, float], float], directions: int
) -> Iterator[Series]:
    for version, share in zip(VERSIONS, SHARES, strict=True):
        for direction in ("generated", "prompt")[:directions]:
            labels = f'{version},direction="{direction}"' if directions > 1 else version
            yield Series(
                family=family,
                kind=kind,
                name=family,
                labels=labels,
                figure=lambda moment, share=share: float(figure(moment.at, share)),
            )


def _gpus() -> Iterator[Series]:
    for number, what in enumerate((*GPU_GAUGES, *GPU_MORE)):
        for gpu in range(4):
            yield Series(
                family=f"gpu_{what}",
                kind="gauge",
                name=f"gpu_{what}",
                labels=f'gpu="00000-{gpu}"',
                figure=lambda moment, n=number + gpu: float(
                    int(moment.at * 10 + n) % 97 * 1000 + n
                ),
            )


def _process() -> Iterator[Series]:
    def line(family: str, labels: str, figure: Figure) -> Series:
        kind = "counter" if family.endswith("_total") else "gauge"
        return Series(family=family, kind=kind, name=family, labels=labels, figure=figure)

    for number, what in enumerate(PROCESS):
        yield line(f"process_{what}", "", lambda moment, n=number: moment.at * 0.31 + n)
    yield line("process_max_fds", "", lambda _: 1_048_576.0)
    yield line("process_start_time_seconds", "", lambda _: float(STARTED))
    for family in ("objects_collected", "objects_uncollectable", "collections"):
        for generation in range(3):
            yield line(
                f"python_gc_{family}_total",
                f'generation="{generation}"',
                lambda moment, g=generation: float(int(moment.at / (1 + g))),
            )
    yield line("python_info", 'implementation="CPython",version="3.11.7"', lambda _: 1.0)
