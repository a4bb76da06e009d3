"""OpenSLO v1 documents, read and checked.

What trimtab carries out: ratio and latency-threshold SLOs by Occurrences over a rolling window.
What the specification allows beyond is refused as such, so nobody believes in a promise that is
not being watched. Source: OpenSLO/OpenSLO, specification v1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import NoReturn

from slo.documents import read_documents
from slo.errors import InvalidObjective, InvalidSelector, InvalidSpec, UnsupportedSpec
from slo.fields import Fields
from slo.objective import Objective
from slo.selector import Selector, parse_selectors
from slo.sli import LatencySli, RatioSli, Sli

__all__ = ["SloSpec", "read_openslo"]

API_VERSION = "openslo/v1"
OTHER_KINDS = {"AlertCondition", "AlertNotificationTarget", "AlertPolicy", "DataSource", "Service"}
SOURCES = {"prometheus", "trimtab"}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhdwMQY])", re.ASCII)
UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


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
    """

    name: str
    service: str
    description: str
    objective: Objective
    sli: Sli
    labels: Mapping[str, str]


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
    _check_indicator(spec)
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
        _unsupported(spec, "objectives", "several objectives in one SLO; write one SLO for each")
    objective = spec.only_item("objectives")
    return SloSpec(
        name=name,
        service=service,
        description=description,
        objective=_objective(objective, window),
        sli=_sli(_indicator(spec, objective, indicators), objective),
        labels=document.fields("metadata").mapping("labels"),
    )


def _check_method(spec: Fields) -> None:
    method = spec.text("budgetingMethod")
    if method not in ("Occurrences", "Timeslices", "RatioTimeslices"):
        msg = f"{spec.place}.budgetingMethod {method!r} is not known. Write Occurrences."
        raise InvalidSpec(msg)
    if method != "Occurrences":
        _unsupported(spec, "budgetingMethod", f"{method}; write Occurrences")


def _window(spec: Fields) -> timedelta:
    window = spec.only_item("timeWindow")
    window.refuse_unknown("duration", "isRolling", "calendar")
    text = window.text("duration")
    found = _DURATION.fullmatch(text)
    if found is None:
        msg = f"{window.place}.duration {text!r} is no duration. Write for example 30d, 4w or 6h."
        raise InvalidSpec(msg)
    if not window.flag("isRolling") or "calendar" in window:
        _unsupported(window, "isRolling", "calendar windows; write a rolling one such as 30d")
    if found[2] not in UNITS:
        _unsupported(window, "duration", f"{text}, which is not always as long; write it in days")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def _objective(objective: Fields, window: timedelta) -> Objective:
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
        return Objective(target=target, window=window)
    except InvalidObjective as error:
        msg = f"{objective.place}: {error}"
        raise InvalidSpec(msg) from error


def _indicator(spec: Fields, objective: Fields, indicators: Mapping[str, Fields]) -> Fields:
    if "indicator" in objective or "indicatorRef" in objective:
        _unsupported(objective, "indicator", "composite SLOs; name the indicator in spec")
    if ("indicator" in spec) == ("indicatorRef" in spec):
        msg = f"{spec.place} needs exactly one of indicator and indicatorRef."
        raise InvalidSpec(msg)
    if "indicator" in spec:
        inline = spec.fields("indicator")
        inline.refuse_unknown("metadata", "spec")
        _check_indicator(inline.fields("spec"))
        return inline.fields("spec")
    name = spec.text("indicatorRef")
    if name not in indicators:
        msg = f"{spec.place}.indicatorRef {name!r} names no SLI document of this text."
        raise InvalidSpec(msg)
    return indicators[name]


def _check_indicator(spec: Fields) -> None:
    spec.refuse_unknown("description", "thresholdMetric", "ratioMetric")
    spec.optional_text("description")
    if ("thresholdMetric" in spec) == ("ratioMetric" in spec):
        msg = f"{spec.place} needs exactly one of thresholdMetric and ratioMetric."
        raise InvalidSpec(msg)
    if "ratioMetric" in spec:
        ratio = spec.fields("ratioMetric")
        ratio.refuse_unknown("counter", "good", "bad", "total", "raw", "rawType")
        if "raw" not in ratio and ("good" in ratio) == ("bad" in ratio):
            msg = f"{ratio.place} needs exactly one of good and bad, beside total."
            raise InvalidSpec(msg)


def _sli(indicator: Fields, objective: Fields) -> Sli:
    if "thresholdMetric" in indicator:
        return _latency(indicator, objective)
    ratio = indicator.fields("ratioMetric")
    if "raw" in ratio:
        _unsupported(ratio, "raw", "ratios that are given ready-made; name good or bad, and total")
    periodic = "counter" in ratio and not ratio.flag("counter")
    if "op" in objective or "value" in objective:
        msg = f"{objective.place} has op or value, which belong to a thresholdMetric."
        raise InvalidSpec(msg)
    total = _selectors(ratio, "total")
    if "good" in ratio:
        return RatioSli(good=_selectors(ratio, "good"), total=total, periodic=periodic)
    return RatioSli(bad=_selectors(ratio, "bad"), total=total, periodic=periodic)


def _latency(indicator: Fields, objective: Fields) -> LatencySli:
    histogram = _selectors(indicator, "thresholdMetric")
    operator, limit = objective.text("op"), objective.number("value")
    if operator not in ("lt", "lte", "gt", "gte"):
        msg = f"{objective.place}.op {operator!r} is not known. Write lte."
        raise InvalidSpec(msg)
    if operator != "lte" or len(histogram) != 1:
        # A bucket holds what is at most its edge: "less than" cannot be counted.
        _unsupported(objective, "op", "thresholds but 'lte' on one histogram")
    if not 0.0 < limit < inf:
        msg = f"{objective.place}.value must be above zero and finite, not {limit:g}."
        raise InvalidSpec(msg)
    return LatencySli(histogram=histogram[0], limit=limit)


def _selectors(owner: Fields, name: str) -> tuple[Selector, ...]:
    metric = owner.fields(name)
    metric.refuse_unknown("metricSource")
    source = metric.fields("metricSource")
    source.refuse_unknown("metricSourceRef", "type", "spec")
    kind = source.optional_text("type")
    if kind and kind.lower() not in SOURCES:
        _unsupported(source, "type", f"metrics of {kind!r}; write trimtab or Prometheus")
    spec = source.fields("spec")
    if "query" not in spec:
        _unsupported(source, "spec", "a source without a query")
    try:
        return parse_selectors(spec.text("query", at_most=4096))
    except InvalidSelector as error:
        msg = f"{spec.place}.query: {error}"
        raise UnsupportedSpec(msg) from error


def _unsupported(owner: Fields, name: str, what: str) -> NoReturn:
    msg = f"{owner.place}.{name}: trimtab cannot do {what}."
    raise UnsupportedSpec(msg)
