"""The shape of an indicator: a threshold's metric, or a ratio's."""

from collections.abc import Mapping
from typing import Any

from slo.openslo.documents import Path
from slo.openslo.field_shapes import DESCRIPTION, NAME, V1
from slo.openslo.shapes import (
    Check,
    Field,
    Report,
    anything,
    choice,
    exactly_one,
    flag,
    mapping,
    text,
)

__all__ = ["DATA_SOURCE", "indicator"]

DATA_SOURCE = mapping(
    {
        "description": DESCRIPTION,
        "type": Field(text(), required=True),
        "connectionDetails": Field(anything, required=True),
    }
)


def indicator(version: str) -> Check:
    """Return the shape of an SLI's spec."""
    metric = _metric(version)
    ratio = mapping(
        {
            "counter": Field(flag),
            "good": Field(metric),
            "bad": Field(metric),
            "total": Field(metric),
            "raw": Field(metric),
            "rawType": Field(choice("success", "failure")),
        },
        _ratio_parts,
    )
    return mapping(
        {"description": DESCRIPTION, "thresholdMetric": Field(metric), "ratioMetric": Field(ratio)},
        exactly_one("thresholdMetric", "ratioMetric"),
    )


def _metric(version: str) -> Check:
    if version == V1:
        source = mapping(
            {
                "metricSourceRef": Field(text(at_most=255)),
                "type": Field(text()),
                "spec": Field(_not_empty, required=True),
            }
        )
        return mapping({"metricSource": Field(source, required=True)})
    return mapping(
        {
            "dataSourceRef": Field(NAME),
            "dataSourceSpec": Field(DATA_SOURCE),
            "spec": Field(_not_empty, required=True),
        },
        exactly_one("dataSourceRef", "dataSourceSpec"),
    )


def _not_empty(value: Any, path: Path, report: Report) -> None:  # noqa: ANN401 -- from outside
    if not isinstance(value, dict) or not value:
        report.add(path, "must be a mapping that says what is queried.")


def _ratio_parts(value: Mapping[str, Any], path: Path, report: Report) -> None:
    """Raw and its type stand alone; otherwise good or bad stands beside total."""
    there = {name for name in ("good", "bad", "total") if value.get(name) is not None}
    if value.get("raw") is not None:
        if there:
            report.add(
                path, f"has raw, and {' and '.join(sorted(there))} beside it.", "exclusive_fields"
            )
        if value.get("rawType") is None:
            report.add((*path, "rawType"), "is missing beside raw.", "missing_field")
        return
    exactly_one("good", "bad")(value, path, report)
    if "total" not in there:
        report.add((*path, "total"), "is missing.", "missing_field")
