"""Shapes that several kinds of OpenSLO share: names, labels, shares, references, calendars."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from slo.openslo.documents import Path
from slo.openslo.shapes import (
    Check,
    Field,
    Report,
    choice,
    either,
    listing,
    mapping,
    number,
    text,
)

__all__ = [
    "DESCRIPTION",
    "NAME",
    "NUMBER",
    "OPERATOR",
    "SHARE",
    "V1",
    "V2ALPHA",
    "calendar_fields",
    "duration",
    "metadata",
    "refers_or_holds",
]

V1, V2ALPHA = "openslo/v1", "openslo.com/v2alpha"
LONGEST_NAME = 63
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_ANNOTATION = re.compile(
    r"([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?){0,10}/)?"
    r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?",
    re.ASCII,
)
_LABEL = re.compile(r"[a-zA-Z0-9]([-._/a-zA-Z0-9]{0,61}[a-zA-Z0-9])?", re.ASCII)
_LONG = re.compile(r"[1-9][0-9]{0,5}[mhdwMQY]", re.ASCII)
_FIXED = re.compile(r"[1-9][0-9]{0,5}[mhdw]", re.ASCII)
_START = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]",
    re.ASCII,
)
NAME = text(pattern=_NAME, what="lower-case letters, digits and dashes, at most 63")
DESCRIPTION = Field(text(at_most=1050))
OPERATOR = choice("lt", "lte", "gt", "gte")
SHARE = number(0.0, 1.0, below=True, words="a share from 0, below 1")
NUMBER = number(float("-inf"), float("inf"), words="a number")


def _pairs(key: re.Pattern[str], value: Check, what: str) -> Check:
    def check(found: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
        if not isinstance(found, dict):
            report.add(path, f"must be a mapping of {what}.")
            return
        for name, each in found.items():
            if key.fullmatch(str(name)) is None:
                report.add((*path, str(name)), f"{str(name)[:60]!r} is no name of {what}.")
            value(each, (*path, str(name)), report)

    return check


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def metadata(*, display_name: bool, lists: bool) -> Check:
    """Return the shape of metadata, with or without what v2alpha took away."""
    label = text(at_most=LONGEST_NAME)
    many = either(label, listing(label, least=1), is_second=_is_list)
    fields = {
        "name": Field(NAME, required=True),
        "labels": Field(_pairs(_LABEL, many if lists else label, "labels")),
        "annotations": Field(_pairs(_ANNOTATION, text(at_most=4096), "annotations")),
    }
    if display_name:
        fields["displayName"] = Field(text(at_most=LONGEST_NAME))
    return mapping(fields)


def _zone(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
    try:
        ZoneInfo(str(value))
    except (ValueError, OSError, KeyError):
        report.add(path, f"{str(value)[:60]!r} is no time zone. Write for example Europe/Berlin.")


def calendar_fields() -> Check:
    """Return the shape of a calendar."""
    start = text(pattern=_START, what="a time such as 2026-01-01 00:00:00")
    return mapping(
        {"startTime": Field(start, required=True), "timeZone": Field(_zone, required=True)}
    )


def _inline(kind: str, meta: Check, spec: Check) -> dict[str, Field]:
    return {
        "kind": Field(choice(kind), required=True),
        "metadata": Field(meta, required=True),
        "spec": Field(spec, required=True),
    }


def refers_or_holds(reference: str, kind: str, meta: Check, spec: Check) -> Check:
    """Return the shape of a part that is named, or written out in place."""
    named = mapping({reference: Field(NAME, required=True), "operator": Field(choice("and", "or"))})
    held = mapping(_inline(kind, meta, spec))
    return either(named, held, is_second=lambda value: isinstance(value, dict) and "kind" in value)


def duration(version: str) -> Check:
    """Return the shape of a duration; v2alpha has no months, quarters and years."""
    if version == V1:
        return text(pattern=_LONG, what="a duration such as 30d, 4w or 1M")
    return text(pattern=_FIXED, what="a duration such as 30d, 4w or 6h")
