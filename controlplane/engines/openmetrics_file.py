"""A dump of series with times, one sample a line, as OpenMetrics writes them."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from controlplane.engines import PastOfSlo, Progress, resolved_parts, source_of
from controlplane.errors import EngineError
from probes.errors import UnreadableMetrics
from probes.exposition_grammar import Format, Limits, read_lines
from slo import RawSeries, SloSpec, count_spec

__all__ = ["OpenMetricsFile"]

MOST_BYTES = 4 << 30
MOST_LINE = 64 << 10
MOST_SAMPLES = 50_000_000
NUMBER = "[-+.0-9einfatyEINFATY]+"
SAMPLE = re.compile(
    r'\s*([^\s{"]+(?:\s*{(?:[^"}]|"(?:[^"\\]|\\.)*")*+})?)'
    rf"\s+({NUMBER})\s+({NUMBER})\s*(?:# .*)?$"
)
"""A series, a value, a time, and perhaps an exemplar. Python would also read 1_0 as ten."""

TOO_LATE = 253_402_300_800.0
"""The year 10000, Unix seconds."""

THOUSAND = 1000.0

_Samples = list[tuple[float, float]]
_Identity = tuple[str, frozenset[tuple[str, str]]]


class OpenMetricsFile:
    """The samples of a file, read once.

    Args:
        path: Of the dump.

    Raises:
        EngineError: It cannot be read, or a line is none of OpenMetrics.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._series = _read(path)

    def close(self) -> None:
        """Nothing is open."""

    def of(self, slo: SloSpec, *, since: float, until: float, progress: Progress) -> PastOfSlo:
        """Count what an SLO names.

        Raises:
            EngineError: The file does not show what the SLO counts.
        """
        counted = resolved_parts(slo, ((each.name, each.labels) for each in self._series))
        own = [_between(each, since, until) for each in self._series]
        counts = count_spec(slo, counted, own)
        progress(1.0)
        notes = () if len(counts.times) else (f"{self._path} shows nothing of it in this time",)
        return PastOfSlo(counts=counts, notes=notes)

    @property
    def series(self) -> tuple[RawSeries, ...]:
        """Everything that the file holds."""
        return self._series

    @property
    def ends(self) -> float:
        """When the newest sample is of, Unix seconds; 0 when there is none."""
        return max((float(each.times[-1]) for each in self._series), default=0.0)


def _read(path: Path) -> tuple[RawSeries, ...]:
    samples: dict[str, _Samples] = {}
    try:
        if path.stat().st_size > MOST_BYTES:
            msg = f"{path} is larger than {MOST_BYTES >> 30} GiB."
            raise EngineError(msg)
        for number, (head, value, stamp) in enumerate(_samples(path)):
            if number == MOST_SAMPLES:
                msg = f"{path} holds more than {MOST_SAMPLES} samples."
                raise EngineError(msg)
            samples.setdefault(head, []).append((stamp, value))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {type(error).__name__}."
        raise EngineError(msg) from error
    written: dict[_Identity, list[_Samples]] = {}
    for head, found in samples.items():
        written.setdefault(_identity(path, head), []).append(found)
    return tuple(_series(*identity, found) for identity, found in written.items())


def _samples(path: Path) -> Iterator[tuple[str, float, float]]:
    """Yield the text of a series, a value and its time."""
    with path.open(encoding="utf-8") as file:
        number = 0
        while line := file.readline(MOST_LINE):
            number += 1
            if line.startswith("#") or line.isspace():
                continue
            found = SAMPLE.match(line)
            try:
                head, value, stamp = found.groups() if found else ("", "", "")
                at, shown = float(stamp), float(value)
            except ValueError as error:
                msg = f"{path}:{number}: {line.strip()[:80]!r} is no sample with a time."
                raise EngineError(msg, hint='write `name{label="x"} value seconds`') from error
            if not 0.0 <= at < TOO_LATE:
                raise _no_time(path, number, stamp)
            yield head, shown, at


def _no_time(path: Path, number: int, stamp: str) -> EngineError:
    """Return the error of a time that is none, or of milliseconds where seconds are meant."""
    msg = f"{path}:{number}: {stamp[:40]} is no time between the years 1970 and 9999, in seconds."
    if TOO_LATE <= float(stamp) < TOO_LATE * THOUSAND:
        return EngineError(msg, hint="these look like milliseconds: divide them by 1000")
    return EngineError(msg, hint='write `name{label="x"} value seconds`')


def _identity(path: Path, head: str) -> _Identity:
    """Return name and labels of a series, however they are written; an empty label is none."""
    try:
        _, line = next(iter(read_lines(f"{head} 0\n# EOF\n", Limits(), Format.OPENMETRICS)))
    except (UnreadableMetrics, StopIteration) as error:
        msg = f"{path}: {head[:80]!r} is no series: {error}"
        raise EngineError(msg) from error
    labels = (line.labels or {}).items()
    return line.name, frozenset((label, value) for label, value in labels if value)


def _series(name: str, labelled: frozenset[tuple[str, str]], written: list[_Samples]) -> RawSeries:
    """Return the samples of a series, each moment once: the least number that was shown then."""
    times, values = np.array([sample for samples in written for sample in samples]).T
    order = np.lexsort((values, times))
    times, first = np.unique(times[order], return_index=True)
    labels = dict(sorted(labelled))
    return RawSeries(
        name=name,
        labels=labels,
        source=source_of(labels),
        times=times,
        values=values[order][first],
    )


def _between(series: RawSeries, since: float, until: float) -> RawSeries:
    low = np.searchsorted(series.times, since, side="left")
    high = np.searchsorted(series.times, until, side="right")
    return RawSeries(
        name=series.name,
        labels=series.labels,
        source=series.source,
        times=series.times[low:high],
        values=series.values[low:high],
    )
