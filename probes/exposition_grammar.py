"""The full grammar of a metrics page: the slow, exact way to read it. Pure.

Text format 0.0.4 as servers really write it (trailing commas, empty braces, names that lead with a
colon), text format 1.0.0 (names in quotes), and OpenMetrics 1.0 (``# EOF``, exemplars, times in
seconds). Source: prometheus/docs, exposition formats; OpenMetrics specification.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from probes.errors import UnreadableMetrics

__all__ = ["Format", "Limits", "Line", "read_lines"]

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_QUOTED = r'"((?:[^"\\\n]|\\.)*)"'
_QUOTED_NAME = re.compile(rf"[ \t]*{_QUOTED}[ \t]*(,|(?=\}}))", re.ASCII)
_LABEL = re.compile(
    rf"[ \t]*(?:([a-zA-Z_][a-zA-Z0-9_]*)|{_QUOTED})[ \t]*=[ \t]*{_QUOTED}[ \t]*(,?)", re.ASCII
)
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
    r"|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])",
    re.ASCII,
)
_TYPE = re.compile(rf"#[ \t]+TYPE[ \t]+(?:([^\s\"]+)|{_QUOTED})[ \t]+(\S+)[ \t]*", re.ASCII)
_HELP = re.compile(rf"#[ \t]+HELP(?:[ \t]+(?:([^\s\"]+)|{_QUOTED}))?(?=[ \t]|$)", re.ASCII)
_IS_TYPE = re.compile(r"#[ \t]+TYPE(?:[ \t]|$)")
_ESCAPE = re.compile(r"\\(.)")
_TYPES = frozenset({"counter", "gauge", "histogram", "summary"})
_TEXT_TYPES = _TYPES | {"untyped"}
_OPEN_TYPES = _TYPES | {"unknown", "info", "stateset", "gaugehistogram"}
SHOWN = 40
MILLISECOND = 1e-3
INT64_DIGITS = 19


class Format(StrEnum):
    """What the answer calls itself; the two differ in times, ends, and empty lines."""

    TEXT = "text/plain"
    OPENMETRICS = "application/openmetrics-text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a page is read; more is refused with the reason."""

    lines: int = 200_000
    samples: int = 50_000
    labels: int = 64
    name_characters: int = 256
    value_characters: int = 2_048


@dataclass(frozen=True, slots=True)
class Line:
    """One line of interest.

    Attributes:
        name: Metric name of a sample, or family name of a type.
        labels: Of a sample; None for a type.
        value: Of a sample, or 0.0.
        kind: The type that was declared, or empty.
        head: Where the value begins in the line: the part before it is the series.
        stamp: When the sample is of, Unix seconds; None when the line does not say.
    """

    name: str
    labels: Mapping[str, str] | None
    value: float
    kind: str = ""
    head: int = 0
    stamp: float | None = None


def read_lines(text: str, limits: Limits, form: Format = Format.TEXT) -> Iterator[tuple[int, Line]]:
    """Yield the lines that say something, with their index in ``text.split(newline)``.

    Raises:
        UnreadableMetrics: The message names the line and what is wrong with it.
    """
    lines = text.split("\n")
    if form is Format.OPENMETRICS:
        _check_end(lines)
    helped: set[str] = set()
    for index, line in enumerate(lines):
        if not line or line.isspace():
            continue
        if line[0] != "#":
            yield index, _sample(line, index, limits, form)
        elif _IS_TYPE.match(line):
            yield index, _type_of(line, index, form)
        elif helps := _HELP.match(line):
            _check_help(line, index, helps, helped)


def _check_end(lines: list[str]) -> None:
    """OpenMetrics ends with one line that says so; a page that was cut short does not."""
    end = next((index for index, line in enumerate(lines) if line == "# EOF"), None)
    if end is None:
        msg = "Not OpenMetrics: # EOF is missing at the end. Was the page cut off?"
        raise UnreadableMetrics(msg)
    if lines[end + 1 :] not in ([], [""]):
        raise _refused(end + 1, lines[end + 1], "text after # EOF")
    for index, line in enumerate(lines[:end]):
        if not line.strip():
            raise _refused(index, line, "nothing in it, which OpenMetrics does not allow")


def _check_help(line: str, index: int, found: re.Match[str], helped: set[str]) -> None:
    plain, name = found[1], found[1] or found[2] or ""
    if not name or (plain and not _NAME.fullmatch(plain)):
        raise _refused(index, line, "a HELP line without the name of a metric")
    if name in helped:
        raise _refused(index, line, f"a second HELP of {name}")
    helped.add(name)


def _type_of(line: str, index: int, form: Format) -> Line:
    found = _TYPE.fullmatch(line)
    kinds = _OPEN_TYPES if form is Format.OPENMETRICS else _TEXT_TYPES
    name = "" if found is None else found[1] or _unescape(found[2] or "")
    plain = found is None or found[1] is None or _NAME.fullmatch(name)
    if found is None or not name or not plain or found[3].lower() not in kinds:
        raise _refused(index, line, "a TYPE line that does not read: # TYPE name counter")
    return Line(name=name, labels=None, value=0.0, kind=found[3].lower())


def _sample(line: str, index: int, limits: Limits, form: Format) -> Line:
    at = len(line) - len(line.lstrip(" \t"))
    found = _NAME.match(line, at)
    if found is not None:
        name, at = found[0], found.end()
    elif line[at] == "{":
        name = ""
    else:
        raise _refused(index, line, "no metric name at its start")
    labels: dict[str, str] = {}
    braces = _skip_blanks(line, at)
    if line[braces : braces + 1] == "{":
        name, at = _quoted_name(line, index, name, braces + 1)
        labels, at = _labels(line, index, at, limits)
    elif braces == at:
        raise _refused(index, line, "no blank between name and value")
    if len(name) > limits.name_characters:
        raise _refused(index, line, f"a name of more than {limits.name_characters} characters")
    head = _skip_blanks(line, at)
    value, stamp = _value(line, index, head, limits, form)
    return Line(name=name, labels=labels, value=value, head=head, stamp=stamp)


def _skip_blanks(line: str, at: int) -> int:
    return at + len(line[at:]) - len(line[at:].lstrip(" \t"))


def _quoted_name(line: str, index: int, name: str, at: int) -> tuple[str, int]:
    """Return the name, which may stand in quotes first inside the braces, and where labels begin."""
    found = None if name else _QUOTED_NAME.match(line, at)
    if found is not None:
        name, at = _unescape(found[1]), found.end()
    if not name:
        raise _refused(index, line, "no metric name at its start")
    return name, at


def _labels(line: str, index: int, at: int, limits: Limits) -> tuple[dict[str, str], int]:
    labels: dict[str, str] = {}
    comma = ","
    while True:
        at = _skip_blanks(line, at)
        if line[at : at + 1] == "}":
            return labels, at + 1
        found = _LABEL.match(line, at)
        if found is None or not comma:
            raise _refused(index, line, 'labels that do not read: {name="value",other="value"}')
        label, comma = found[1] or _unescape(found[2] or ""), found[4]
        value = _unescape(found[3])
        if not label or label in labels:
            raise _refused(index, line, f"the label {label!r} twice, or without a name")
        if len(labels) == limits.labels or len(value) > limits.value_characters:
            raise _refused(index, line, "too many labels, or a label value too long")
        if len(label) > limits.name_characters:
            raise _refused(index, line, "a label name too long")
        labels[label] = value
        at = found.end()


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    known = {"n": "\n", "\\": "\\", '"': '"'}
    return _ESCAPE.sub(lambda found: known.get(found[1], found[0]), value)


def _value(
    line: str, index: int, at: int, limits: Limits, form: Format
) -> tuple[float, float | None]:
    body, mark, _ = line[at:].partition(" # ")
    if mark:
        _check_exemplar(line, index, _skip_blanks(line, at + len(body) + len(mark)), limits)
    words = body.split()
    if not 1 <= len(words) <= 2 or not _NUMBER.fullmatch(words[0]):  # noqa: PLR2004 -- value, stamp
        raise _refused(index, line, "no number after the series")
    stamp = None if len(words) == 1 else _stamp(words[1], form)
    if len(words) == 2 and stamp is None:  # noqa: PLR2004
        raise _refused(index, line, "what follows the value is no timestamp")
    return float(words[0]), stamp


def _check_exemplar(line: str, index: int, at: int, limits: Limits) -> None:
    """Refuse what follows the value unless it is an exemplar: labels, a number, perhaps a time."""
    if line[at : at + 1] == "{":
        _, at = _labels(line, index, at + 1, limits)
        words = line[at:].split()
        if 1 <= len(words) <= 2 and all(map(_NUMBER.fullmatch, words)):  # noqa: PLR2004
            return
    raise _refused(index, line, "something after the value that is no exemplar")


def _stamp(word: str, form: Format) -> float | None:
    """Return Unix seconds; text writes whole milliseconds, OpenMetrics seconds."""
    if form is Format.OPENMETRICS:
        return float(word) if _NUMBER.fullmatch(word) and word[-1].isdigit() else None
    whole = word.removeprefix("-")
    if not whole.isdecimal() or not whole.isascii() or len(whole) > INT64_DIGITS:
        return None
    return int(word) * MILLISECOND


def _refused(index: int, line: str, why: str) -> UnreadableMetrics:
    msg = f"Not Prometheus text: line {index + 1} has {why}; it starts {line[:SHOWN]!r}."
    return UnreadableMetrics(msg)
