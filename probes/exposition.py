"""Prometheus text to samples: the hot path. Pure.

A server prints the same lines again and again, with other numbers. So the slow, exact grammar reads
a page once and leaves a Layout: which lines hold samples, and what stands before each number. The
next page is held against it in a few passes that run in C; whatever differs by one byte outside the
numbers goes the slow way again. The numbers go through orjson, which refuses what Prometheus allows
and JSON does not (+Inf, ``1.``, a timestamp): the fast way cannot misread one, it can only decline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import getitem, itemgetter

import numpy as np
import numpy.typing as npt
import orjson

from probes.errors import UnreadableMetrics
from probes.exposition_grammar import Format, Limits, Line, read_lines
from probes.openmetrics_rules import check_openmetrics

__all__ = ["START_TIME", "Format", "Layout", "Limits", "Page", "read_fast", "read_slow"]

Floats = npt.NDArray[np.float64]
START_TIME = "process_start_time_seconds"
CREATED = "_created"
NOT_A_NUMBER = b"NaN"
PLAIN_NUMBERS = b"0123456789.eE+-,"
"""What may stand in joined numbers; anything else, such as a timestamp, is read the slow way."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """What a page looks like but for its numbers; replicas share one.

    Attributes:
        series: Name and labels of each sample, in the order of the page, without ``*_created``.
        names: Names of all samples of the page, of which ``series`` may be a part.
        types: Declared type by family.
        line_count: Lines of the page.
        indexes: Lines that hold samples, ``*_created`` among them.
        heads: What stands before the number on each of those lines.
        tails: Where the number stands on each of them.
        other_indexes: The lines between.
        other_lines: Their bytes, which must stay the same too.
        kept: Positions of ``series`` among the numbers; None when it is all of them.
        chosen: Positions of ``series`` among those of the whole page, where it is only a part.
        start_position: Of the process's start time in ``series``; None when the page has none.
        form: Text or OpenMetrics: the same bytes mean other times.
    """

    series: tuple[tuple[str, Mapping[str, str]], ...]
    names: frozenset[str]
    types: Mapping[str, str]
    line_count: int
    indexes: tuple[int, ...]
    heads: tuple[bytes, ...]
    tails: tuple[slice, ...]
    other_indexes: tuple[int, ...]
    other_lines: tuple[bytes, ...]
    kept: npt.NDArray[np.int64] | None
    start_position: int | None
    form: Format
    chosen: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Page:
    """One page.

    Attributes:
        layout: All but its numbers.
        values: In the order of ``layout.series``.
        stamps: When each is of, Unix seconds, NaN where the page does not say; None when it never
            does, which means: as of the scrape.
    """

    layout: Layout
    values: Floats
    stamps: Floats | None = None

    @property
    def started(self) -> float | None:
        """Return when the process began, Unix seconds; None when the page does not say."""
        position = self.layout.start_position
        started = np.nan if position is None else float(self.values[position])
        return started if np.isfinite(started) else None


def read_fast(layout: Layout, body: bytes) -> Page | None:
    """Read a page of a known layout; None when it does not fit and must be read the slow way."""
    if body.count(b"\n") + 1 != layout.line_count or not layout.indexes:
        return None
    lines = body.split(b"\n")
    samples = _picked(lines, layout.indexes)
    if not all(map(bytes.startswith, samples, layout.heads)):
        return None
    if layout.chosen is None and _picked(lines, layout.other_indexes) != layout.other_lines:
        return None
    numbers = b",".join(map(getitem, samples, layout.tails))  # type: ignore[arg-type]
    if odd := numbers.translate(None, PLAIN_NUMBERS):
        if odd.replace(NOT_A_NUMBER, b""):
            return None
        numbers = numbers.replace(NOT_A_NUMBER, b"null")  # an idle summary shows it for hours
    try:
        parsed = orjson.loads(b"[" + numbers + b"]")
    except orjson.JSONDecodeError:
        return None
    if len(parsed) != len(layout.indexes):
        return None
    values = np.array(parsed, dtype=np.float64)
    return Page(layout=layout, values=values if layout.kept is None else values[layout.kept])


def _picked(lines: list[bytes], indexes: tuple[int, ...]) -> tuple[bytes, ...]:
    if len(indexes) > 1:
        picked: tuple[bytes, ...] = itemgetter(*indexes)(lines)
        return picked
    return tuple(lines[index] for index in indexes)


def read_slow(body: bytes, limits: Limits, form: Format = Format.TEXT) -> Page:
    """Read a page by the full grammar, and work out its layout.

    Raises:
        UnreadableMetrics: The message names the line and what is wrong with it.
    """
    if body.count(b"\n") > limits.lines:
        msg = f"The page has more than {limits.lines} lines. Ask for fewer with name[]."
        raise UnreadableMetrics(msg)
    if _samples_at_least(body) > limits.samples:
        msg = f"The page has more than {limits.samples} samples. Ask for fewer with name[]."
        raise UnreadableMetrics(msg)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        msg = f"Not Prometheus text: {error.reason} at byte {error.start}; it must be UTF-8."
        raise UnreadableMetrics(msg) from error
    if text and not text.endswith("\n"):
        # The last number may be cut short, and would then look like a counter that began anew.
        msg = "Not Prometheus text: the last line does not end. Was the page cut off?"
        raise UnreadableMetrics(msg)
    types: dict[str, str] = {}
    seen: set[str] = set()
    samples: list[tuple[int, Line]] = []
    for index, line in read_lines(text, limits, form):
        if line.labels is None:
            _refuse_late_type(index, line.name, types, seen)
            types[line.name] = line.kind
        else:
            seen.add(line.name)
            samples.append((index, line))
    _refuse_duplicates(samples)
    if form is Format.OPENMETRICS:
        check_openmetrics(types, samples)
    return _page(body, text, types, samples, form)


def _samples_at_least(body: bytes) -> int:
    """Return how many lines are no comments and not empty, without looking into them."""
    comments = body.count(b"\n#") + body.startswith(b"#")
    empty = body.count(b"\n\n") + body.startswith(b"\n")
    return body.count(b"\n") - comments - empty


def _refuse_late_type(index: int, name: str, types: Mapping[str, str], seen: set[str]) -> None:
    if name in types or name in seen:
        why = "a second TYPE of" if name in types else "the TYPE after samples of"
        msg = f"Not Prometheus text: line {index + 1} has {why} {name}."
        raise UnreadableMetrics(msg)


def _refuse_duplicates(samples: list[tuple[int, Line]]) -> None:
    seen: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    for index, line in samples:
        key = (line.name, frozenset((line.labels or {}).items()))
        if key in seen:
            msg = f"Not Prometheus text: line {index + 1} repeats the series {line.name}."
            raise UnreadableMetrics(msg)
        seen.add(key)


def _page(
    body: bytes,
    text: str,
    types: dict[str, str],
    samples: list[tuple[int, Line]],
    form: Format,
) -> Page:
    lines, written = body.split(b"\n"), text.split("\n")
    heads = tuple(written[index][: line.head].encode() for index, line in samples)
    sampled = {index for index, _ in samples}
    others = tuple(index for index in range(len(lines)) if index not in sampled)
    kept = [p for p, (_, line) in enumerate(samples) if not _is_created(line.name, types)]
    series = tuple((samples[p][1].name, samples[p][1].labels or {}) for p in kept)
    starts = (p for p, (name, _) in enumerate(series) if name == START_TIME)
    whole = len(kept) == len(samples)
    layout = Layout(
        series=series,
        names=frozenset(name for name, _ in series),
        types=types,
        line_count=len(lines),
        indexes=tuple(index for index, _ in samples),
        heads=heads,
        tails=tuple(slice(len(head), None) for head in heads),
        other_indexes=others,
        other_lines=tuple(lines[index] for index in others),
        kept=None if whole else np.array(kept, dtype=np.int64),
        start_position=next(starts, None),
        form=form,
    )
    values = np.array([samples[p][1].value for p in kept], dtype=np.float64)
    stamps = np.array([samples[p][1].stamp for p in kept], dtype=np.float64)  # None becomes NaN
    return Page(layout=layout, values=values, stamps=None if np.isnan(stamps).all() else stamps)


def _is_created(name: str, types: Mapping[str, str]) -> bool:
    """Whether it only says when another series began: no sample of its own."""
    family = name.removesuffix(CREATED)
    return family != name and (family in types or f"{family}_total" in types)
