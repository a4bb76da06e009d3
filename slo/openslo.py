"""OpenSLO v1 documents, read and checked.

What trimtab carries out: ratios, latencies and gauges by Occurrences, over windows that roll or
that the calendar cuts.
What the specification allows beyond is refused as such, so nobody believes in a promise that is
not being watched. Source: OpenSLO/OpenSLO, specification v1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from slo.alert_windows import BurnRule
from slo.burn_rules_text import parse_burn_rules
from slo.documents import read_documents
from slo.errors import InvalidObjective, InvalidSpec
from slo.fields import Fields
from slo.objective import Objective
from slo.openslo_indicator import check_indicator, refuse_unsupported, sli_of
from slo.sli import Sli
from slo.time_window import MONTHS, UNIT_LENGTHS, CalendarWindow

__all__ = ["SloSpec", "read_openslo"]

API_VERSION = "openslo/v1"
PREFIX = "trimtab.dev/"
RULES = "trimtab.dev/burn-rules"
BLAME = "trimtab.dev/blame-by"
KNOWN = (RULES, BLAME)
MOST_LABELS = 5
OTHER_KINDS = {"AlertCondition", "AlertNotificationTarget", "AlertPolicy", "DataSource", "Service"}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhdwMQY])", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,127}", re.ASCII)
_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SloSpec:
    """One SLO as its file says.

    Attributes:
        name: Unique among SLOs.
        service: Whom it is about.
        description: For people.
        objective: The promise.
        sli: What counts as good.
        labels: As written.
        blame_by: Labels that its events are counted apart by, so that blame can be told.
        rules: Its own burn rules; those of the Workbook, scaled to its window, when None.
    """

    name: str
    service: str
    description: str
    objective: Objective
    sli: Sli
    labels: Mapping[str, str]
    rules: tuple[BurnRule, ...] | None = None
    blame_by: tuple[str, ...] = ()


def read_openslo(text: str) -> tuple[SloSpec, ...]:
    """Read every SLO of a text of one or more documents.

    Raises:
        InvalidSpec: A document breaks the specification; the message names the place.
        UnsupportedSpec: It is valid, and asks for what trimtab cannot do yet.
    """
    documents = [
        (Fields(document, f"document {number}"), _kind(number, document))
        for number, document in read_documents(text)
    ]
    for found, kind in documents:
        if kind in OTHER_KINDS:
            found.fields("spec").optional_text("description")
    indicators = {_name(found): _sli_document(found) for found, kind in documents if kind == "SLI"}
    return tuple(_slo(found, indicators) for found, kind in documents if kind == "SLO")


def _kind(number: int, document: Mapping[str, object]) -> str:
    if document.get("apiVersion") != API_VERSION:
        msg = f"document {number}, apiVersion must be {API_VERSION}, not {document.get('apiVersion')!r}."
        raise InvalidSpec(msg)
    kind = document.get("kind")
    if kind not in {"SLO", "SLI"} | OTHER_KINDS:
        msg = f"document {number}, kind {kind!r} is not known. Write SLO or SLI."
        raise InvalidSpec(msg)
    return str(kind)


def _name(document: Fields) -> str:
    metadata = document.fields("metadata")
    metadata.refuse_unknown("name", "displayName", "labels", "annotations")
    name = metadata.text("name")
    if _NAME.fullmatch(name) is None:
        msg = f"{metadata.place}.name {name!r} must be lower-case letters, digits and dashes, at most 63."
        raise InvalidSpec(msg)
    return name


def _sli_document(document: Fields) -> Fields:
    document.refuse_unknown("apiVersion", "kind", "metadata", "spec")
    spec = document.fields("spec")
    check_indicator(spec)
    return spec


def _slo(document: Fields, indicators: Mapping[str, Fields]) -> SloSpec:
    document.refuse_unknown("apiVersion", "kind", "metadata", "spec")
    name = _name(document)
    spec = document.fields("spec")
    spec.refuse_unknown(
        "description",
        "service",
        "indicator",
        "indicatorRef",
        "timeWindow",
        "budgetingMethod",
        "objectives",
        "alertPolicies",
    )
    service, description = spec.text("service"), spec.optional_text("description")
    _check_method(spec)
    window = _window(spec)
    if spec.count("objectives") > 1:
        refuse_unsupported(
            spec, "objectives", "several objectives in one SLO; write one SLO for each"
        )
    objective = spec.only_item("objectives")
    promise = _objective(objective, window)
    return SloSpec(
        name=name,
        service=service,
        description=description,
        objective=promise,
        sli=sli_of(_indicator(spec, objective, indicators), objective),
        labels=document.fields("metadata").mapping("labels"),
        rules=_rules(document.fields("metadata"), promise.window),
        blame_by=_blame_by(document.fields("metadata")),
    )


def _rules(metadata: Fields, window: timedelta) -> tuple[BurnRule, ...] | None:
    """Return the burn rules that an annotation names; OpenSLO itself cannot say them."""
    annotations = metadata.mapping("annotations")
    for name in annotations:
        if name.startswith(PREFIX) and name not in KNOWN:
            near = get_close_matches(name, KNOWN, n=1, cutoff=0.0)[0]
            msg = f"{metadata.place}.annotations: {name} is not known. Did you mean {near!r}?"
            raise InvalidSpec(msg)
    if RULES not in annotations:
        return None
    try:
        return parse_burn_rules(annotations[RULES], window)
    except InvalidSpec as error:
        msg = f"{metadata.place}.annotations.{RULES}: {error}"
        raise InvalidSpec(msg) from error


def _blame_by(metadata: Fields) -> tuple[str, ...]:
    """Return the labels that an annotation names."""
    text = metadata.mapping("annotations").get(BLAME, "")
    labels = tuple(label.strip() for label in text.split(",") if label.strip())
    wrong = [label for label in labels if _LABEL.fullmatch(label) is None]
    if wrong or len(set(labels)) != len(labels) or len(labels) > MOST_LABELS:
        msg = (
            f"{metadata.place}.annotations.{BLAME} {text!r} must be one to {MOST_LABELS} different "
            "label names with commas between them, for example model,version,target."
        )
        raise InvalidSpec(msg)
    return labels


def _check_method(spec: Fields) -> None:
    method = spec.text("budgetingMethod")
    if method not in ("Occurrences", "Timeslices", "RatioTimeslices"):
        msg = f"{spec.place}.budgetingMethod {method!r} is not known. Write Occurrences."
        raise InvalidSpec(msg)
    if method != "Occurrences":
        refuse_unsupported(spec, "budgetingMethod", f"{method}; write Occurrences")


def _window(spec: Fields) -> timedelta | CalendarWindow:
    window = spec.only_item("timeWindow")
    window.refuse_unknown("duration", "isRolling", "calendar")
    text = window.text("duration")
    found = _DURATION.fullmatch(text)
    if found is None:
        msg = f"{window.place}.duration {text!r} is no duration. Write for example 30d, 4w or 6h."
        raise InvalidSpec(msg)
    if not window.flag("isRolling"):
        return _calendar(window, int(found[1]), found[2])
    if "calendar" in window:
        msg = f"{window.place} is rolling and has a calendar. Write isRolling: false."
        raise InvalidSpec(msg)
    if found[2] in MONTHS:
        refuse_unsupported(
            window, "duration", f"{text}, which is not always as long; write it in days"
        )
    return int(found[1]) * UNIT_LENGTHS[found[2]]


def _calendar(window: Fields, count: int, unit: str) -> CalendarWindow:
    calendar = window.fields("calendar")
    calendar.refuse_unknown("startTime", "timeZone")
    text, zone = calendar.text("startTime"), calendar.text("timeZone")
    try:
        # strptime alone would take one digit where two are meant
        start = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 -- the zone stands beside it
    except ValueError:
        start = None
    if start is None or _START.fullmatch(text) is None:
        msg = f"{calendar.place}.startTime {text!r} is no time. Write for example 2026-01-01 00:00:00."
        raise InvalidSpec(msg)
    try:
        return CalendarWindow(count=count, unit=unit, start=start, zone=zone)
    except InvalidObjective as error:
        msg = f"{calendar.place}: {error}"
        raise InvalidSpec(msg) from error


def _objective(objective: Fields, window: timedelta | CalendarWindow) -> Objective:
    objective.refuse_unknown(
        "displayName",
        "op",
        "value",
        "target",
        "targetPercent",
        "timeSliceTarget",
        "timeSliceWindow",
        "indicator",
        "indicatorRef",
        "compositeWeight",
    )
    if ("target" in objective) == ("targetPercent" in objective):
        msg = f"{objective.place} needs exactly one of target and targetPercent."
        raise InvalidSpec(msg)
    percent = "targetPercent" in objective
    target = objective.number("targetPercent") / 100 if percent else objective.number("target")
    try:
        if isinstance(window, CalendarWindow):
            return Objective(target=target, window=window.nominal, calendar=window)
        return Objective(target=target, window=window)
    except InvalidObjective as error:
        msg = f"{objective.place}: {error}"
        raise InvalidSpec(msg) from error


def _indicator(spec: Fields, objective: Fields, indicators: Mapping[str, Fields]) -> Fields:
    if "indicator" in objective or "indicatorRef" in objective:
        refuse_unsupported(objective, "indicator", "composite SLOs; name the indicator in spec")
    if ("indicator" in spec) == ("indicatorRef" in spec):
        msg = f"{spec.place} needs exactly one of indicator and indicatorRef."
        raise InvalidSpec(msg)
    if "indicator" in spec:
        inline = spec.fields("indicator")
        inline.refuse_unknown("metadata", "spec")
        check_indicator(inline.fields("spec"))
        return inline.fields("spec")
    name = spec.text("indicatorRef")
    if name not in indicators:
        msg = f"{spec.place}.indicatorRef {name!r} names no SLI document of this text."
        raise InvalidSpec(msg)
    return indicators[name]
