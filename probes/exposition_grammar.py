"""The full grammar of a metrics page: the slow, exact way to read it. Pure.

Text format 0.0.4 as servers really write it (trailing commas, empty braces, names that lead with a
colon), and OpenMetrics 1.0 (``# EOF``, exemplars). Timestamps are read and dropped: a sample is as
of the scrape. Source: prometheus/docs, exposition formats; OpenMetrics specification.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from probes.errors import UnreadableMetrics

__all__ = ["Limits", "Line", "read_lines"]

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_LABEL = re.compile(
    r'[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,?)', re.ASCII
)
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
    r"|[iI][nN][fF](?:inity)?|[nN][aA][nN]|0[xX][0-9a-fA-F]+)",
    re.ASCII,
)
_STAMP = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_ESCAPE = re.compile(r"\\(.)")
TYPES = frozenset(
    "counter gauge histogram summary untyped unknown info stateset gaugehistogram".split()  # noqa: SIM905
)
SHOWN = 40


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
    """

    name: str
    labels: Mapping[str, str] | None
    value: float
    kind: str = ""
    head: int = 0


def read_lines(text: str, limits: Limits) -> Iterator[tuple[int, Line]]:
    """Yield the lines that say something, with their index in ``text.split(newline)``.

    Raises:
        UnreadableMetrics: The message names the line and what is wrong with it.
    """
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if not line or line.isspace():
            continue
        if line.startswith("#"):
            if line.rstrip() == "# EOF":
                _nothing_follows(lines, index)
                return
            declared = _type_of(line, index)
            if declared is not None:
                yield index, declared
            continue
        yield index, _sample(line, index, limits)


def _nothing_follows(lines: list[str], index: int) -> None:
    if any(line.strip() for line in lines[index + 1 :]):
        raise _refused(index + 1, lines[index + 1], "text after # EOF")


def _type_of(line: str, index: int) -> Line | None:
    words = line.split(None, 3)
    if len(words) < 2 or words[:2] != ["#", "TYPE"]:  # noqa: PLR2004 -- "#", "TYPE"
        return None
    if len(words) != 4 or words[3].strip() not in TYPES or not _NAME.fullmatch(words[2]):  # noqa: PLR2004
        raise _refused(index, line, "a TYPE line must read: # TYPE name counter")
    return Line(name=words[2], labels=None, value=0.0, kind=words[3].strip())


def _sample(line: str, index: int, limits: Limits) -> Line:
    indent = len(line) - len(line.lstrip(" \t"))
    name = _NAME.match(line, indent)
    if name is None:
        raise _refused(index, line, "no metric name at its start")
    if len(name[0]) > limits.name_characters:
        raise _refused(index, line, f"a name of more than {limits.name_characters} characters")
    at = name.end()
    labels: dict[str, str] = {}
    if line[at : at + 1] == "{" or line[at:].lstrip(" \t")[:1] == "{":
        at = line.index("{", at) + 1
        labels, at = _labels(line, index, at, limits)
    head = at + len(line[at:]) - len(line[at:].lstrip(" \t"))
    if head == at and at == name.end():
        raise _refused(index, line, "no blank between name and value")
    return Line(name=name[0], labels=labels, value=_value(line, index, head), head=head)


def _labels(line: str, index: int, at: int, limits: Limits) -> tuple[dict[str, str], int]:
    labels: dict[str, str] = {}
    comma = ","
    while True:
        rest = line[at:].lstrip(" \t")
        if rest.startswith("}"):
            return labels, line.index("}", at) + 1
        found = _LABEL.match(line, at)
        if found is None or not comma:
            raise _refused(index, line, 'labels must read {name="value",other="value"}')
        label, value, comma = found[1], _unescape(found[2]), found[3]
        if label in labels:
            raise _refused(index, line, f"the label {label!r} stands there twice")
        if len(labels) == limits.labels or len(value) > limits.value_characters:
            raise _refused(index, line, "too many labels, or a label value too long")
        labels[label] = value
        at = found.end()


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    known = {"n": "\n", "\\": "\\", '"': '"'}
    return _ESCAPE.sub(lambda found: known.get(found[1], found[0]), value)


def _value(line: str, index: int, at: int) -> float:
    body = line[at:].partition(" # ")[0]  # what follows is an exemplar
    words = body.split()
    if not 1 <= len(words) <= 2 or not _NUMBER.fullmatch(words[0]):  # noqa: PLR2004 -- value, stamp
        raise _refused(index, line, "no number after the series")
    if len(words) == 2 and not _STAMP.fullmatch(words[1]):  # noqa: PLR2004
        raise _refused(index, line, "what follows the value is no timestamp")
    word = words[0]
    return float(int(word, 16)) if "x" in word.lower() else float(word)


def _refused(index: int, line: str, why: str) -> UnreadableMetrics:
    msg = f"Not Prometheus text: line {index + 1} has {why}; it starts {line[:SHOWN]!r}."
    return UnreadableMetrics(msg)
