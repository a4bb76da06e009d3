"""The shape of an SLO."""

from collections.abc import Mapping
from typing import Any

from slo.openslo.documents import Path
from slo.openslo.field_shapes import (
    DESCRIPTION,
    NAME,
    NUMBER,
    OPERATOR,
    SHARE,
    V1,
    V2ALPHA,
    calendar_fields,
    duration,
    refers_or_holds,
)
from slo.openslo.objective_rules import objective_rules
from slo.openslo.shapes import (
    Check,
    Field,
    Report,
    choice,
    either,
    exactly_one,
    flag,
    listing,
    mapping,
    number,
    text,
)

__all__ = ["slo"]


def slo(version: str, meta: Check, sli: Check, policy: Check) -> Check:
    """Return the shape of an SLO's spec.

    Args:
        version: Of the document.
        meta: Shape of metadata.
        sli: Shape of an indicator's spec.
        policy: Shape of a policy's spec.
    """
    inline, named = ("indicator", "indicatorRef") if version == V1 else ("sli", "sliRef")
    held = mapping({"metadata": Field(meta, required=True), "spec": Field(sli, required=True)})
    indicators = {inline: Field(held), named: Field(NAME)}
    policies = either(
        refers_or_holds("alertPolicyRef", "AlertPolicy", meta, policy),
        NAME,
        is_second=lambda value: isinstance(value, str),
    )
    methods = choice("Occurrences", "Timeslices", "RatioTimeslices")
    objectives = listing(_objective(version, indicators), least=1)
    fields = {
        "description": DESCRIPTION,
        "service": Field(NAME, required=version == V1),
        "budgetingMethod": Field(methods, required=True),
        "timeWindow": Field(listing(_window(version), least=1, most=1), required=True),
        "objectives": Field(objectives, required=True),
        "alertPolicies": Field(listing(policies)),
        **indicators,
    }
    rules: tuple[Check, ...] = (objective_rules(inline, named),)
    if version == V2ALPHA:
        fields["serviceRef"] = Field(NAME)
        rules = (exactly_one("serviceRef", "service"), *rules)
    return mapping(fields, *rules)


def _objective(version: str, indicators: Mapping[str, Field]) -> Check:
    minutes = number(0.0, 1e6, above=True, words="a duration such as 1m, or a number of minutes")
    slice_window = either(
        duration(version), minutes, is_second=lambda value: not isinstance(value, str)
    )
    slice_target = number(0.0, 1.0, above=True, words="a share above 0, at most 1")
    return mapping(
        {
            "displayName": Field(text(at_most=1050)),
            "op": Field(OPERATOR),
            "value": Field(NUMBER),
            "target": Field(SHARE),
            "targetPercent": Field(number(0.0, 100.0, below=True, words="from 0, below 100")),
            "timeSliceTarget": Field(slice_target),
            "timeSliceWindow": Field(slice_window),
            "compositeWeight": Field(number(0.0, 1e9, above=True, words="a number above 0")),
            **indicators,
        },
        exactly_one("target", "targetPercent"),
    )


def _window(version: str) -> Check:
    return mapping(
        {
            "duration": Field(duration(version), required=True),
            "isRolling": Field(flag),
            "calendar": Field(calendar_fields()),
        },
        _calendar_iff_not_rolling,
    )


def _calendar_iff_not_rolling(value: Mapping[str, Any], path: Path, report: Report) -> None:
    rolling, calendar = value.get("isRolling") is True, value.get("calendar") is not None
    if rolling and calendar:
        report.add((*path, "calendar"), "belongs to windows with isRolling: false.")
    if not rolling and not calendar:
        report.add(path, "needs a calendar, or isRolling: true.", "missing_field")
