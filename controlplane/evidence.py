"""A verdict as JSON: what the REST API shows, and what is kept with the rollout."""

from dataclasses import asdict
from math import isfinite
from typing import Any

from canary_analysis import Verdict

__all__ = ["evidence_of", "summary_of"]


def evidence_of(verdict: Verdict) -> dict[str, Any]:
    """Return everything a verdict rests on; a figure that is not finite becomes None."""
    plain: dict[str, Any] = _finite(asdict(verdict))
    return plain


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
