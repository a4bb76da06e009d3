"""What a part of a document may be: small checks that are put together into the shape of a kind.

A check takes a value and its path, and reports what is wrong with it; it never raises, so that one
reading tells every fault of a file.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from slo.openslo.documents import Document, Path

__all__ = [
    "Check",
    "Complaint",
    "Field",
    "Report",
    "anything",
    "choice",
    "either",
    "exactly_one",
    "flag",
    "listing",
    "mapping",
    "number",
    "place_of",
    "text",
]

MOST_COMPLAINTS = 50
SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One fault.

    Attributes:
        origin: Name of the file; empty when there is none.
        line: Counted from 1.
        subject: Kind and name of the document.
        place: The field, as ``spec.objectives[0].target``.
        reason: What is wrong and what is allowed.
        code: For programs, for example ``unknown_field``.
    """

    origin: str
    line: int
    subject: str
    place: str
    reason: str
    code: str

    def __str__(self) -> str:
        where = f"{self.origin}:{self.line}" if self.origin else f"line {self.line}"
        return f"{where}: {self.subject}, {self.place} {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """Collects the faults of one document."""

    document: Document
    subject: str
    complaints: list[Complaint] = field(default_factory=list)

    def add(self, path: Path, reason: str, code: str = "invalid") -> None:
        """Note one fault; those beyond a sensible number are not kept."""
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(
                Complaint(
                    origin=self.document.origin,
                    line=self.document.line(path),
                    subject=self.subject,
                    place=place_of(path),
                    reason=reason,
                    code=code,
                )
            )


Check = Callable[[Any, Path, Report], None]


@dataclass(frozen=True, slots=True)
class Field:
    """What a field holds, and whether it must be there."""

    check: Check
    required: bool = False


def place_of(path: Path) -> str:
    """Return a path as people write it.

    >>> place_of(("spec", "objectives", 0, "target"))
    'spec.objectives[0].target'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the document"


def anything(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- whatever it is
    """Accept whatever is there."""


def text(
    *, at_most: int = 1050, pattern: re.Pattern[str] | None = None, what: str = "a text"
) -> Check:
    """Return a check of a text that is not empty."""

    def check(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
        if not isinstance(value, str) or not value:
            report.add(path, f"must be {what}, not {_shown(value)}.")
        elif len(value) > at_most:
            report.add(path, f"has {len(value)} characters; at most {at_most} are allowed.")
        elif pattern is not None and pattern.fullmatch(value) is None:
            report.add(path, f"must be {what}, not {_shown(value)}.")

    return check


def number(
    low: float, high: float, *, words: str, above: bool = False, below: bool = False
) -> Check:
    """Return a check of a number between two others.

    Args:
        low: The least.
        high: The most.
        words: The same for people.
        above: Whether the least itself is too little.
        below: Whether the most itself is too much.
    """

    def check(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
        if isinstance(value, bool) or not isinstance(value, int | float):
            report.add(path, f"must be {words}, not {_shown(value)}.")
        elif not low <= value <= high or (above and value == low) or (below and value == high):
            meant = 1.0 <= value < 100.0 and high == 1.0  # noqa: PLR2004 -- a percentage
            hint = f" Did you mean {value / 100:g}?" if meant and value != 1.0 else ""
            report.add(path, f"must be {words}, not {value:g}.{hint}")

    return check


def flag(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
    """Check a yes or no."""
    if not isinstance(value, bool):
        report.add(path, f"must be true or false, not {_shown(value)}.")


def choice(*allowed: str) -> Check:
    """Return a check of one word out of several."""

    def check(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
        if value not in allowed:
            near = get_close_matches(str(value), allowed, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            report.add(path, f"must be {_or(allowed)}, not {_shown(value)}.{hint}")

    return check


def either(first: Check, second: Check, *, is_second: Callable[[Any], bool]) -> Check:
    """Return a check of a part that may be written in two ways."""

    def check(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
        (second if is_second(value) else first)(value, path, report)

    return check


def listing(item: Check, *, least: int = 0, most: int = 1000) -> Check:
    """Return a check of a list; nothing at all stands for an empty one."""
    words = f"exactly {least}" if least == most else f"at least {least}" if least else "a few"

    def check(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
        found = [] if value is None else value
        if not isinstance(found, list) or not least <= len(found) <= most:
            has = len(found) if isinstance(found, list) else _shown(value)
            report.add(path, f"must be a list of {words}; it is {has}.")
            return
        for place, each in enumerate(found):
            item(each, (*path, place), report)

    return check


def mapping(fields: Mapping[str, Field], *rules: Check) -> Check:
    """Return a check of a mapping with these fields; rules look at several of them together."""

    def check(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
        if not isinstance(value, dict):
            report.add(path, f"must be a mapping, not {_shown(value)}.")
            return
        _refuse_unknown(value, fields, path, report)
        for name, each in fields.items():
            if value.get(name) is not None:
                each.check(value[name], (*path, name), report)
            elif each.required:
                report.add((*path, name), "is missing.", "missing_field")
        for rule in rules:
            rule(value, path, report)

    return check


def exactly_one(*names: str) -> Check:
    """Return a rule that one of several fields is there, and only one."""

    def check(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- a mapping
        there = [name for name in names if value.get(name) is not None]
        if len(there) != 1:
            has = f"has {' and '.join(there)}" if there else "has none"
            report.add(path, f"needs exactly one of {_or(names)}; it {has}.", "exclusive_fields")

    return check


def _refuse_unknown(
    value: Mapping[Any, Any], fields: Iterable[str], path: Path, report: Report
) -> None:
    known = tuple(fields)
    for name in value:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known are {', '.join(known)}."
            report.add((*path, str(name)), f"is not a field of OpenSLO.{hint}", "unknown_field")


def _or(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(value: object) -> str:
    found = repr(value)
    return found if len(found) <= SHOWN else f"{found[:SHOWN]}..."
