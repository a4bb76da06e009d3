"""A verdict as JSON: what the REST API shows, and what is kept with the rollout."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from math import isfinite
from typing import Any

from canary_analysis import Finding, Kind, Verdict

__all__ = ["evidence_of", "findings_of", "summary_of"]

FIELDS = {field.name for field in fields(Finding)}


def evidence_of(verdict: Verdict) -> dict[str, Any]:
    """Return everything a verdict rests on; a figure that is not finite becomes None."""
    plain: dict[str, Any] = _finite(asdict(verdict))
    return plain


def findings_of(evidence: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    """Return the findings that `evidence_of` kept; those of another version of ours are passed over."""
    kept = evidence["findings"] if evidence else ()
    return tuple(
        Finding(**{**each, "kind": Kind(each["kind"])}) for each in kept if each.keys() == FIELDS
    )


def summary_of(verdict: Verdict) -> str:
    """Return the decision's reasons, and the findings that convict: what fits an alert or a table."""
    told = [reason.text for reason in verdict.reasons]
    told += [found.text for found in verdict.findings if found.metric in verdict.culprits]
    return " ".join(told)


def _finite(value: Any) -> Any:  # noqa: ANN401 -- JSON in, JSON out
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return str(value) if isinstance(value, str) else value
