"""The kinds of OpenSLO v1 and v2alpha, field by field.

Source: OpenSLO/OpenSLO, specification v1; OpenSLO/go-sdk, its rules for v1 and v2alpha. Where they and
the older JSON schema differ, both ways of writing are read: policies as plain names, a slice's
window as a number of minutes, ``service`` and ``serviceRef`` in v2alpha.
"""

from collections.abc import Mapping

from slo.openslo.field_shapes import (
    DESCRIPTION,
    NUMBER,
    OPERATOR,
    V1,
    V2ALPHA,
    duration,
    metadata,
    refers_or_holds,
)
from slo.openslo.indicator_shape import DATA_SOURCE, indicator
from slo.openslo.shapes import (
    Check,
    Field,
    anything,
    choice,
    flag,
    listing,
    mapping,
    text,
)
from slo.openslo.slo_shape import slo

__all__ = ["KINDS", "document"]


def document(meta: Check, spec: Check, *, spec_required: bool = True) -> Check:
    """Return the shape of a whole document."""
    return mapping(
        {
            "apiVersion": Field(anything, required=True),
            "kind": Field(anything, required=True),
            "metadata": Field(meta, required=True),
            "spec": Field(spec, required=spec_required),
        }
    )


def _kinds(version: str) -> dict[str, Check]:
    """Return the shape of each kind's documents."""
    meta = metadata(display_name=version == V1, lists=version == V1)
    sli = indicator(version)
    condition = _condition(version)
    target = mapping({"description": DESCRIPTION, "target": Field(text(), required=True)})
    policy = _policy(meta, condition, target)
    return {
        "Service": document(meta, mapping({"description": DESCRIPTION}), spec_required=False),
        "DataSource": document(meta, DATA_SOURCE),
        "SLI": document(meta, sli),
        "SLO": document(meta, slo(version, meta, sli, policy)),
        "AlertPolicy": document(meta, policy),
        "AlertCondition": document(meta, condition),
        "AlertNotificationTarget": document(meta, target),
    }


def _policy(meta: Check, condition: Check, target: Check) -> Check:
    conditions = listing(
        refers_or_holds("conditionRef", "AlertCondition", meta, condition), least=1, most=1
    )
    targets = listing(
        refers_or_holds("targetRef", "AlertNotificationTarget", meta, target), least=1
    )
    return mapping(
        {
            "description": DESCRIPTION,
            "alertWhenNoData": Field(flag),
            "alertWhenResolved": Field(flag),
            "alertWhenBreaching": Field(flag),
            "conditions": Field(conditions, required=True),
            "notificationTargets": Field(targets, required=True),
        }
    )


def _condition(version: str) -> Check:
    burn = mapping(
        {
            "kind": Field(choice("burnrate"), required=True),
            "op": Field(OPERATOR),
            "threshold": Field(NUMBER, required=True),
            "lookbackWindow": Field(duration(version), required=True),
            "alertAfter": Field(duration(version)),
        }
    )
    return mapping(
        {
            "description": DESCRIPTION,
            "severity": Field(text(), required=True),
            "condition": Field(burn, required=True),
        }
    )


KINDS: Mapping[str, Mapping[str, Check]] = {version: _kinds(version) for version in (V1, V2ALPHA)}
"""The shape of each kind, by version."""
