"""Documents of other versions, written as v1 has them, so that one reader reads them all."""

from collections.abc import Mapping
from typing import Any

from slo.openslo.field_shapes import V1, V2ALPHA

__all__ = ["as_v1"]

V2_NAMES = {"serviceRef": "service", "sli": "indicator", "sliRef": "indicatorRef"}
UNITS = {
    "Minute": "m",
    "Hour": "h",
    "Day": "d",
    "Week": "w",
    "Month": "M",
    "Quarter": "Q",
    "Year": "Y",
}
METRICS = ("thresholdMetric", "good", "bad", "total", "raw")


def as_v1(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid document as v1 would say it; one of v1 as it is."""
    if value["apiVersion"] == V1:
        return dict(value)
    spec = value.get("spec") or {}
    if value["apiVersion"] == V2ALPHA:
        spec = _of_v2alpha(spec)
    elif value["kind"] == "SLO":
        spec = _slo_of_v1alpha(spec)
    return {**value, "apiVersion": V1, "spec": spec}


def _of_v2alpha(value: Any) -> Any:  # noqa: ANN401 -- any part of a document
    if isinstance(value, list):
        return [_of_v2alpha(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        V2_NAMES.get(name, name): _source_of_v2alpha(each) if name in METRICS else _of_v2alpha(each)
        for name, each in value.items()
    }


def _source_of_v2alpha(metric: Mapping[str, Any]) -> dict[str, Any]:
    source = {"spec": metric["spec"]}
    if "dataSourceRef" in metric:
        source["metricSourceRef"] = metric["dataSourceRef"]
    else:
        source["type"] = metric["dataSourceSpec"]["type"]
    return {"metricSource": source}


def _slo_of_v1alpha(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Every objective of v1alpha may have counters of its own."""
    objectives = []
    for each in spec["objectives"]:
        objective = {name: value for name, value in each.items() if name != "ratioMetrics"}
        ratio = each.get("ratioMetrics")
        if ratio is not None:
            objective.pop("value", None)
            objective.pop("op", None)
            parts = {name: _source_of_v1alpha(ratio[name]) for name in ("good", "total")}
            counter = ratio.get("counter", ratio.get("incremental", True))
            held = {"ratioMetric": {"counter": counter, **parts}}
            objective["indicator"] = {"metadata": {"name": "ratio"}, "spec": held}
        objectives.append(objective)
    found = {
        name: value for name, value in spec.items() if name not in ("timeWindows", "alertPolicies")
    }
    if len(objectives) == 1 and "indicator" in objectives[0]:
        found["indicator"] = objectives[0].pop("indicator")
    elif "indicator" in spec:
        metric = _source_of_v1alpha(spec["indicator"]["thresholdMetric"])
        held = {"thresholdMetric": metric}
        found["indicator"] = {"metadata": {"name": "threshold"}, "spec": held}
    window = spec["timeWindows"][0]
    duration = {"duration": f"{window['count']}{UNITS.get(window['unit'], 's')}"}
    rest = {name: value for name, value in window.items() if name not in ("unit", "count")}
    rest.setdefault("isRolling", False)
    return {**found, "objectives": objectives, "timeWindow": [{**duration, **rest}]}


def _source_of_v1alpha(metric: Mapping[str, Any]) -> dict[str, Any]:
    return {"metricSource": {"type": metric["source"], "spec": {"query": metric["query"]}}}
