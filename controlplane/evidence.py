"""A verdict as JSON: what the REST API shows, and what is kept with the rollout."""

from dataclasses import asdict
from math import isfinite
from typing import Any

from canary_analysis import Verdict

__all__ = ["evidence_of"]


def evidence_of(verdict: Verdict) -> dict[str, Any]:
    """Return everything a verdict rests on; a figure that is not finite becomes None."""
    plain: dict[str, Any] = _finite(asdict(verdict))
    return plain


def _finite(value: Any) -> Any:  # noqa: ANN401 -- JSON in, JSON out
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return str(value) if isinstance(value, str) else value
