"""The kinds of OpenSLO v1alpha, which is read and not written.

Source: OpenSLO/go-sdk, its rules for v1alpha.
"""

from collections.abc import Mapping
from typing import Any

from slo.openslo.documents import Path
from slo.openslo.field_shapes import (
    NAME,
    NUMBER,
    OPERATOR,
    SHARE,
    calendar_fields,
    metadata,
)
from slo.openslo.kinds import document
from slo.openslo.shapes import (
    Check,
    Field,
    Report,
    anything,
    choice,
    flag,
    listing,
    mapping,
    number,
    text,
)

__all__ = ["V1ALPHA", "V1ALPHA_KINDS"]

V1ALPHA = "openslo/v1alpha"
UNITS = ("Second", "Minute", "Hour", "Day", "Week", "Month", "Quarter", "Year")


def _sliced(spec: Mapping[str, Any], path: Path, report: Report) -> None:
    if spec.get("budgetingMethod") != "Timeslices":
        return
    for place, objective in enumerate(spec.get("objectives") or ()):
        if isinstance(objective, dict) and objective.get("timeSliceTarget") is None:
            at = (*path, "objectives", place, "timeSliceTarget")
            report.add(at, "is missing; Timeslices needs it.", "missing_field")


METRIC = mapping(
    {
        "source": Field(text(), required=True),
        "queryType": Field(text(), required=True),
        "query": Field(text(at_most=65_536), required=True),
        "metadata": Field(anything),
    }
)


def _slo() -> Check:
    window = mapping(
        {
            "unit": Field(choice(*UNITS), required=True),
            "count": Field(number(1, 10_000, words="a number from 1"), required=True),
            "isRolling": Field(flag),
            "calendar": Field(calendar_fields()),
        }
    )
    return mapping(
        {
            "description": Field(text()),
            "service": Field(NAME, required=True),
            "indicator": Field(mapping({"thresholdMetric": Field(METRIC, required=True)})),
            "timeWindows": Field(listing(window, least=1, most=1), required=True),
            "budgetingMethod": Field(choice("Occurrences", "Timeslices"), required=True),
            "objectives": Field(listing(_objective(), least=1), required=True),
            "alertPolicies": Field(anything),
        },
        _sliced,
    )


def _objective() -> Check:
    ratio = mapping(
        {
            "good": Field(METRIC, required=True),
            "total": Field(METRIC, required=True),
            "incremental": Field(flag),
            "counter": Field(flag),
        }
    )
    return mapping(
        {
            "displayName": Field(text()),
            "ratioMetrics": Field(ratio),
            "target": Field(SHARE, required=True),
            "value": Field(NUMBER, required=True),
            "op": Field(OPERATOR),
            "timeSliceTarget": Field(number(0.0, 1.0, above=True, words="a share above 0")),
            "timeSliceWindow": Field(anything),
        }
    )


META = metadata(display_name=True, lists=True)
V1ALPHA_KINDS: Mapping[str, Check] = {
    "Service": document(META, mapping({"description": Field(text())}), spec_required=False),
    "SLO": document(META, _slo()),
}
"""The shape of each kind."""
