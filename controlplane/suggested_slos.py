"""SLOs that a server can carry, as OpenSLO documents: what `detect` and `init` propose. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from probes.detection import Detected, Found
from probes.exposition import Page
from probes.indicators import Distribution, Form, Level, Ratio
from slo import Selector

__all__ = ["suggest_slos"]

Document = dict[str, Any]
MOST_MODELS = 20
SHARE = 0.99
USUAL_SECONDS = 0.25
NAME_CHARACTERS = 63
TIMES = {"latency": "answered within", "ttft": "first token within"}
FULL = {"kv_cache": ("KV cache", 0.9), "gpu_memory": ("GPU memory", 0.95)}
"""Levels that are shares, and from which share on they are as good as full."""

SPARE = 0.95
"""Share of readings that should find room."""
_ODD = re.compile(r"[^a-z0-9]+")


def suggest_slos(detected: Detected, page: Page, *, service: str) -> tuple[Document, ...]:
    """Return SLOs of availability, latency and saturation for each model that labels tell apart.

    The latency promised is the lowest bucket edge that 99 % of the requests on the page are within,
    or the edge nearest to a quarter of a second where none was seen yet.

    Args:
        detected: What the page holds.
        page: For its figures.
        service: Whose SLOs they are.
    """
    found = {one.indicator.name: one for one in detected.found}
    models = list(detected.models)[:MOST_MODELS]
    proposed = (
        *_availabilities(found, models, service),
        *_times(found, models, service, page),
        *_saturations(found, models, service),
    )
    return _told_apart(proposed)


def _told_apart(proposed: Sequence[Document]) -> tuple[Document, ...]:
    """Number names that come again: models whose names differ only in odd signs read alike."""
    seen: Counter[str] = Counter()
    for document in proposed:
        name = document["metadata"]["name"]
        seen[name] += 1
        if seen[name] > 1:
            ending = f"-{seen[name]}"
            document["metadata"]["name"] = name[: NAME_CHARACTERS - len(ending)] + ending
    return tuple(proposed)


def _availabilities(
    found: Mapping[str, Found], models: Sequence[str], service: str
) -> Iterator[Document]:
    ratio = found["availability"].indicator if "availability" in found else None
    if isinstance(ratio, Ratio):
        for model in _of(ratio.model, models):
            yield _availability(ratio, model, service)


def _times(
    found: Mapping[str, Found], models: Sequence[str], service: str, page: Page
) -> Iterator[Document]:
    for name in TIMES:
        one = found.get(name)
        if one is None or not isinstance(one.indicator, Distribution) or not one.edges:
            continue
        for model in _of(one.indicator.model, models):
            edge = _edge(one, one.indicator, page, model)
            yield _within(one.indicator, edge, float(one.edges[edge]), model, service)


def _saturations(
    found: Mapping[str, Found], models: Sequence[str], service: str
) -> Iterator[Document]:
    for name, (title, share) in FULL.items():
        one = found[name].indicator if name in found else None
        if not isinstance(one, Level) or one.unit != "ratio" or len(one.series) != 1:
            continue
        for model in _of(one.model, models):
            series = one.series[0].where(**{one.model: model}) if model else one.series[0]
            about = f"{model or service}: {title} below {share:.0%}"
            objective = {
                "displayName": name.replace("_", " "),
                "target": SPARE,
                "op": "lt",
                "value": round(share / one.scale, 9),
            }
            indicator = {"thresholdMetric": _query(f"max({series})")}
            yield _document(service, model, about, indicator=indicator, objective=objective)


def _of(label: str, models: Sequence[str]) -> Sequence[str]:
    return models if label and models else [""]


def _availability(ratio: Ratio, model: str, service: str) -> Document:
    part, word = (ratio.good, "good") if ratio.good else (ratio.bad, "bad")
    metric = {
        "counter": ratio.form is Form.COUNTER,
        word: _source(part, ratio.model, model),
        "total": _source(ratio.total, ratio.model, model),
    }
    about = f"{model or service}: requests that did not fail, by the {ratio.source.title}"
    indicator = {"ratioMetric": metric}
    objective = {"displayName": "availability", "target": 0.999}
    return _document(service, model, about, indicator=indicator, objective=objective)


def _within(one: Distribution, edge: float, limit: float, model: str, service: str) -> Document:
    """Return the promise of an edge in seconds, which the page writes as the limit."""
    family = one.family.where(**{one.model: model}) if one.model and model else one.family
    about = f"{model or service}: {TIMES[one.name]} {edge:g} s"
    indicator = {"thresholdMetric": _query(str(family))}
    objective = {"displayName": one.name, "target": SHARE, "op": "lte", "value": limit}
    return _document(service, model, about, indicator=indicator, objective=objective)


def _edge(found: Found, one: Distribution, page: Page, model: str) -> float:
    """Return the lowest edge that nearly all requests so far are within."""
    bucket = one.family.where(suffix="_bucket")
    if one.model and model:
        bucket = bucket.where(**{one.model: model})
    counts = dict.fromkeys(found.edges.values(), 0.0) | {"+Inf": 0.0}
    values: list[float] = page.values.tolist()
    for (name, labels), value in zip(page.layout.series, values, strict=True):
        if bucket.selects(name, labels) and labels.get("le") in counts:
            counts[labels["le"]] += value
    total = counts["+Inf"]
    for edge, le in found.edges.items():
        if total > 0.0 and counts[le] >= SHARE * total:
            return edge
    return min(found.edges, key=lambda edge: abs(edge - USUAL_SECONDS))


def _source(selectors: Sequence[Selector], label: str, model: str) -> Document:
    chosen = [one.where(**{label: model}) if label and model else one for one in selectors]
    return _query(" + ".join(f"sum({one})" for one in chosen))


def _query(query: str) -> Document:
    return {"metricSource": {"type": "trimtab", "spec": {"query": query}}}


def _document(
    service: str,
    model: str,
    about: str,
    *,
    indicator: Mapping[str, Any],
    objective: Mapping[str, Any],
) -> Document:
    name = _name(service, model, objective["displayName"])
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {
            "name": name,
            "displayName": f"{model or service}, {objective['displayName']}"[:63],
        },
        "spec": {
            "description": about,
            "service": service,
            "indicator": {"metadata": {"name": name}, "spec": dict(indicator)},
            "budgetingMethod": "Occurrences",
            "timeWindow": [{"duration": "28d", "isRolling": True}],
            "objectives": [dict(objective)],
        },
    }


def _name(service: str, model: str, kind: str) -> str:
    """Return a name that OpenSLO takes; a model's that is too long is told by its fingerprint."""
    name = "-".join(dict.fromkeys(part for part in map(_plain, (service, model, kind)) if part))
    if len(name) <= NAME_CHARACTERS:
        return name
    mark = hashlib.sha256(model.encode()).hexdigest()[:8]
    return f"{_plain(service)[:40]}-{mark}-{_plain(kind)}"[:NAME_CHARACTERS].strip("-")


def _plain(text: str) -> str:
    return _ODD.sub("-", text.lower()).strip("-")
