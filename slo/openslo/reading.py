"""From OpenSLO documents to SLOs that can be watched.

What the specification allows and trimtab cannot carry out is refused as such, so nobody believes in a
promise that is not being watched. Source: OpenSLO/OpenSLO, specification v1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from slo.alert_windows import BurnRule, usual_silence
from slo.budgeting import Budgeting, Method
from slo.composite import AnySli, CompositeSli
from slo.errors import InvalidObjective, InvalidSpec, UnsupportedSpec
from slo.objective import Objective
from slo.openslo.alert_policies import pages_silence, rules_of_policies
from slo.openslo.annotations import BLAME, BOUND, COMPOSITE, RULES, Annotations, read_annotations
from slo.openslo.as_v1 import as_v1
from slo.openslo.composites import composite_of, composite_target
from slo.openslo.documents import Document, read_documents
from slo.openslo.durations import slice_length, time_window
from slo.openslo.fields import Fields
from slo.openslo.indicator import sli_of, sources_of
from slo.openslo.validation import validate_documents
from slo.sli import LatencySli, Sli
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
    return tuple(
        slo
        for document in documents
        if document.value["kind"] == "SLO"
        for slo in _slos(document, known)
    )


def _documents(origin: str, text: str) -> list[Document]:
    try:
        return read_documents(text, origin=origin)
    except InvalidSpec as error:
        if not origin:
            raise
        msg = f"{origin}: {error}"
        raise InvalidSpec(msg) from error


def _slos(document: Document, known: By) -> tuple[SloSpec, ...]:
    name = document.value["metadata"]["name"]
    where = f"{document.where()}: " if document.origin else ""
    value = Fields(known["SLO"][name], f"{where}SLO {name}")
    metadata, spec = value.fields("metadata"), value.fields("spec")
    objectives = spec.mappings("objectives")
    window = time_window(spec)
    promises = [_objective(objective, window) for objective in objectives]
    wishes = read_annotations(metadata.mapping("annotations"), metadata.place, promises[0].window)
    budgetings = [_budgeting(spec, objective) for objective in objectives]
    slis = [
        sli_of(_indicator(spec, objective, known), objective, bounded=wishes.bounded)
        for objective in objectives
    ]
    rules = _rules(spec, known, wishes, promises[0].window)
    common = _Common(
        name=name,
        spec=spec,
        metadata=metadata,
        wishes=wishes,
        rules=rules,
        source=_source(spec, objectives, known),
    )
    silence = wishes.silence
    if silence is None and pages_silence(spec, known.get("AlertPolicy", {})):
        silence = usual_silence(rules, promises[0].window)
    common = replace(common, silence=silence)
    if len(objectives) == 1:
        return (_made(common, name, promises[0], slis[0], budgetings[0]),)
    if not any(each in spec for each in ("indicator", "indicatorRef")):
        return (_composite(common, objectives, promises, slis, budgetings),)
    # Several promises about one indicator are an SLO each.
    return tuple(
        _made(common, f"{name}-{at}", *each)
        for at, each in enumerate(zip(promises, slis, budgetings, strict=True), 1)
    )


def _composite(
    common: "_Common",
    objectives: list[Fields],
    promises: list[Objective],
    slis: list[Sli],
    budgetings: list[Budgeting],
) -> SloSpec:
    """Return one SLO of objectives that have indicators of their own."""
    lengths = {each.length for each in budgetings}
    if len(lengths) > 1:
        msg = f"{objectives[0].place}: all objectives of an SLO are cut into slices of one length."
        raise InvalidSpec(msg)
    budgeting = replace(budgetings[0], target=0.0)
    sli = composite_of(objectives, slis, common.wishes, budgeting)
    targets = [each.target for each in promises]
    target = composite_target(targets, sli, common.wishes, objectives[0].place)
    return _made(common, common.name, replace(promises[0], target=target), sli, budgeting)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """What all SLOs of one document share."""

    name: str
    spec: Fields
    metadata: Fields
    wishes: Annotations
    rules: tuple[BurnRule, ...] | None
    source: str = ""
    silence: timedelta | None = None


def _source(spec: Fields, objectives: list[Fields], known: By) -> str:
    """Return the one data source of all indicators; an SLO is counted in one place."""
    found = {
        name for objective in objectives for name in sources_of(_indicator(spec, objective, known))
    } - {""}
    if len(found) > 1:
        msg = f"{spec.place}: an SLO of several data sources ({', '.join(sorted(found))}) is in no one place."
        raise UnsupportedSpec(msg)
    return next(iter(found), "")


def _made(
    common: _Common, name: str, promise: Objective, sli: AnySli, budgeting: Budgeting
) -> SloSpec:
    wishes, place = common.wishes, common.metadata.place
    if wishes.composite is not None and not isinstance(sli, CompositeSli):
        msg = f"{place}.annotations.{COMPOSITE} means nothing to a single indicator."
        raise InvalidSpec(msg)
    if wishes.blame_by and budgeting.sliced:
        msg = f"{place}.annotations.{BLAME}: slices of time have no labels to blame."
        raise UnsupportedSpec(msg)
    if wishes.bounded and (budgeting.sliced or not isinstance(sli, LatencySli)):
        msg = f"{place}.annotations.{BOUND} is for one latency that counts events."
        raise UnsupportedSpec(msg)
    return SloSpec(
        name=name,
        service=common.spec.text("service"),
        description=common.spec.optional_text("description"),
        objective=promise,
        sli=sli,
        labels=common.metadata.mapping("labels"),
        rules=common.rules,
        blame_by=wishes.blame_by,
        budgeting=budgeting,
        evidence=wishes.evidence,
        silence=common.silence,
        each=wishes.each,
        source=common.source,
    )


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


def _rules(
    spec: Fields, known: By, wishes: Annotations, window: timedelta
) -> tuple[BurnRule, ...] | None:
    policies, conditions = known.get("AlertPolicy", {}), known.get("AlertCondition", {})
    by_policies = rules_of_policies(spec, policies, conditions, window)
    if wishes.rules is not None and by_policies is not None:
        msg = f"{spec.place}.alertPolicies stands beside the annotation {RULES}; write one."
        raise InvalidSpec(msg)
    return wishes.rules if by_policies is None else by_policies


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
