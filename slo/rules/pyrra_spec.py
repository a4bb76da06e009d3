"""Pyrra's ServiceLevelObjective objects as SLOs that are counted here.

Source: pyrra-dev/pyrra, its custom resource of version v1alpha1.
"""

from collections.abc import Mapping
from typing import Any

from slo.errors import InvalidObjective, InvalidSelector, InvalidSpec, UnsupportedSpec
from slo.objective import Objective
from slo.openslo.documents import Document, read_documents
from slo.openslo.durations import fixed_duration
from slo.openslo.fields import Fields
from slo.selector import Selector, parse_selectors
from slo.sli import RatioSli, Sli, ThresholdSli
from slo.spec import SloSpec
from slo.threshold import Threshold

__all__ = ["is_pyrra", "read_pyrra"]

PYRRA = "pyrra.dev/v1alpha1"
KINDS = ("ratio", "latency", "latencyNative", "bool_gauge", "boolGauge")


def is_pyrra(text: str) -> bool:
    """Whether a text is meant for Pyrra."""
    return any(document.value.get("apiVersion") == PYRRA for document in read_documents(text))


def read_pyrra(text: str, *, origin: str = "") -> tuple[SloSpec, ...]:
    """Read every objective of a text.

    Raises:
        InvalidSpec: It breaks the specification; the message names line and field.
        UnsupportedSpec: It rests on native histograms, which are not counted.
    """
    return tuple(_slo(document) for document in read_documents(text, origin=origin))


def _slo(document: Document) -> SloSpec:
    value: Mapping[str, Any] = document.value
    where = (
        f"{document.origin}:{document.line(())}" if document.origin else f"line {document.line(())}"
    )
    if (value.get("apiVersion"), value.get("kind")) != (PYRRA, "ServiceLevelObjective"):
        msg = f"{where}, it must be a ServiceLevelObjective of {PYRRA}."
        raise InvalidSpec(msg)
    whole = Fields(dict(value), where)
    metadata, spec = whole.fields("metadata"), whole.fields("spec")
    indicator = spec.fields("indicator")
    kinds = [kind for kind in KINDS if kind in indicator]
    if len(kinds) != 1:
        msg = f"{indicator.place} needs exactly one of {', '.join(KINDS[:4])}."
        raise InvalidSpec(msg)
    body, name = indicator.fields(kinds[0]), metadata.text("name")
    return SloSpec(
        name=name,
        service=metadata.optional_text("namespace") or name,
        description=" ".join(spec.optional_text("description", at_most=65_536).split())[:1050],
        objective=_objective(spec),
        sli=_indicator(kinds[0], body),
        labels=metadata.mapping("labels"),
        blame_by=tuple(map(str, body.items("grouping"))),
    )


def _objective(spec: Fields) -> Objective:
    """Pyrra writes its target as a text, in per cent."""
    text = spec.text("target")
    try:
        return Objective(target=float(text) / 100.0, window=fixed_duration(spec, "window"))
    except ValueError as error:
        msg = f"{spec.place}.target {text!r} must be per cent, as '99.9'."
        raise InvalidSpec(msg) from error
    except InvalidObjective as error:
        msg = f"{spec.place}.target: {error}"
        raise InvalidSpec(msg) from error


def _indicator(kind: str, body: Fields) -> Sli:
    if kind == "ratio":
        return RatioSli(bad=_metric(body, "errors"), total=_metric(body, "total"))
    if kind == "latency":
        return RatioSli(good=_metric(body, "success"), total=_metric(body, "total"))
    if kind == "latencyNative":
        msg = f"{body.place}: native histograms are not counted; name a bucket by latency instead."
        raise UnsupportedSpec(msg)
    up = Threshold(operator="gte", limit=1.0)
    return ThresholdSli(series=_selectors(body, body.text("metric", at_most=4096)), threshold=up)


def _metric(body: Fields, name: str) -> tuple[Selector, ...]:
    metric = body.fields(name)
    return _selectors(metric, metric.text("metric", at_most=4096))


def _selectors(owner: Fields, query: str) -> tuple[Selector, ...]:
    try:
        return parse_selectors(query)
    except InvalidSelector as error:
        msg = f"{owner.place}.metric: {error}"
        raise InvalidSpec(msg) from error
