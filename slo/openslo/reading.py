"""From OpenSLO documents to SLOs that can be watched.

What the specification allows and trimtab cannot carry out is refused as such, so nobody believes in a
promise that is not being watched. Source: OpenSLO/OpenSLO, specification v1.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from slo.budgeting import Budgeting, Method
from slo.errors import InvalidObjective, InvalidSpec, UnsupportedSpec
from slo.objective import Objective
from slo.openslo.alert_policies import rules_of_policies
from slo.openslo.annotations import (
    BLAME,
    RULES,
    blame_labels,
    burn_rules,
    refuse_unknown_annotations,
)
from slo.openslo.as_v1 import as_v1
from slo.openslo.documents import Document, read_documents
from slo.openslo.durations import slice_length, time_window
from slo.openslo.fields import Fields
from slo.openslo.indicator import refuse_unsupported, sli_of
from slo.openslo.validation import validate_documents
from slo.spec import SloSpec
from slo.time_window import CalendarWindow

__all__ = ["read_openslo", "read_openslo_set"]

By = Mapping[str, Mapping[str, dict[str, Any]]]
"""Documents of v1 by kind and name."""


def read_openslo(text: str, *, origin: str = "") -> tuple[SloSpec, ...]:
    """Read every SLO of a text of one or more documents.

    Raises:
        InvalidSpec: A document breaks the specification; the message names line and field.
        UnsupportedSpec: It is valid, and asks for what trimtab cannot do yet.
    """
    return read_openslo_set([(origin, text)])


def read_openslo_set(texts: Iterable[tuple[str, str]]) -> tuple[SloSpec, ...]:
    """Read several files that belong together: their documents may name each other.

    Args:
        texts: Names of files and what they hold.

    Raises:
        InvalidSpec: As for `read_openslo`, or a name is used twice.
        UnsupportedSpec: As for `read_openslo`.
    """
    documents = [each for origin, text in texts for each in _documents(origin, text)]
    complaints = validate_documents(documents)
    if complaints:
        more = f" ({len(complaints) - 1} more)" if len(complaints) > 1 else ""
        msg = f"{complaints[0]}{more}"
        raise InvalidSpec(msg)
    known: dict[str, dict[str, dict[str, Any]]] = {}
    for document in documents:
        value = as_v1(document.value)
        known.setdefault(value["kind"], {})[value["metadata"]["name"]] = value
    return tuple(_slo(document, known) for document in documents if document.value["kind"] == "SLO")


def _documents(origin: str, text: str) -> list[Document]:
    try:
        return read_documents(text, origin=origin)
    except InvalidSpec as error:
        if not origin:
            raise
        msg = f"{origin}: {error}"
        raise InvalidSpec(msg) from error


def _slo(document: Document, known: By) -> SloSpec:
    name = document.value["metadata"]["name"]
    where = f"{document.where()}: " if document.origin else ""
    value = Fields(known["SLO"][name], f"{where}SLO {name}")
    metadata, spec = value.fields("metadata"), value.fields("spec")
    annotations = metadata.mapping("annotations")
    refuse_unknown_annotations(annotations, metadata.place)
    if spec.count("objectives") > 1:
        refuse_unsupported(
            spec, "objectives", "several objectives in one SLO; write one SLO for each"
        )
    objective = spec.only_item("objectives")
    promise, budgeting = _objective(objective, time_window(spec)), _budgeting(spec, objective)
    return SloSpec(
        name=name,
        service=spec.text("service"),
        description=spec.optional_text("description"),
        objective=promise,
        sli=sli_of(_indicator(spec, objective, known), objective),
        labels=metadata.mapping("labels"),
        rules=_rules(spec, metadata, known, promise.window),
        blame_by=_blame_by(annotations, metadata, budgeting),
        budgeting=budgeting,
    )


def _blame_by(
    annotations: Mapping[str, str], metadata: Fields, budgeting: Budgeting
) -> tuple[str, ...]:
    labels = blame_labels(annotations, metadata.place)
    if labels and budgeting.sliced:
        msg = f"{metadata.place}.annotations.{BLAME}: slices of time have no labels to blame."
        raise UnsupportedSpec(msg)
    return labels


def _budgeting(spec: Fields, objective: Fields) -> Budgeting:
    """Return whether events or slices are counted; a bare number is minutes."""
    method = Method(spec.text("budgetingMethod"))
    if method is Method.OCCURRENCES:
        return Budgeting()
    try:
        return Budgeting(
            method=method,
            length=slice_length(objective),
            target=objective.number("timeSliceTarget") if method is Method.TIMESLICES else 0.0,
        )
    except InvalidObjective as error:
        msg = f"{objective.place}: {error}"
        raise InvalidSpec(msg) from error


def _rules(spec: Fields, metadata: Fields, known: By, window: timedelta) -> Any:  # noqa: ANN401 -- as the two below
    written = burn_rules(metadata.mapping("annotations"), metadata.place, window)
    policies, conditions = known.get("AlertPolicy", {}), known.get("AlertCondition", {})
    by_policies = rules_of_policies(spec, policies, conditions, window)
    if written is not None and by_policies is not None:
        msg = f"{spec.place}.alertPolicies stands beside the annotation {RULES}; write one."
        raise InvalidSpec(msg)
    return written if by_policies is None else by_policies


def _objective(objective: Fields, window: timedelta | CalendarWindow) -> Objective:
    percent = "targetPercent" in objective
    target = objective.number("targetPercent") / 100 if percent else objective.number("target")
    try:
        if isinstance(window, CalendarWindow):
            return Objective(target=target, window=window.nominal, calendar=window)
        return Objective(target=target, window=window)
    except InvalidObjective as error:
        msg = f"{objective.place}: {error}"
        raise InvalidSpec(msg) from error


def _indicator(spec: Fields, objective: Fields, known: By) -> Fields:
    owner = objective if "indicator" in objective or "indicatorRef" in objective else spec
    if "indicator" in owner:
        return owner.fields("indicator").fields("spec")
    name = owner.text("indicatorRef")
    indicators = known.get("SLI", {})
    if name not in indicators:
        msg = f"{owner.place}.indicatorRef {name!r} names no SLI document."
        raise InvalidSpec(msg)
    return Fields(indicators[name], f"SLI {name}").fields("spec")
