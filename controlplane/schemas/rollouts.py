"""Shapes of rollouts."""

from typing import Annotated, Any

from pydantic import Field

from controlplane.schemas.shape import Name, Shape, Text

__all__ = ["RolloutIn", "RolloutOut", "RolloutSpecOut", "RolloutStatusOut", "VerbIn"]


class RolloutIn(Shape):
    """A rollout to start. What is left out comes from the service's entry in trimtab.yaml."""

    service: Name
    version: Annotated[str, Field(min_length=1, max_length=255)]
    steps: Annotated[tuple[Annotated[float, Field(gt=0, lt=100)], ...], Field(max_length=20)] = ()
    soak_seconds: Annotated[float | None, Field(ge=0, le=86400)] = None
    min_requests: Annotated[int | None, Field(ge=0)] = None
    horizon_seconds: Annotated[float | None, Field(gt=0, le=604800)] = None


class RolloutSpecOut(Shape):
    """What was asked."""

    service: str
    version: str
    steps: tuple[float, ...]
    soak_seconds: float
    min_requests: int
    horizon_seconds: float
    alpha: float
    beta: float
    error_margin: float
    error_odds: float
    latency_odds: float
    tolerable_errors: float
    promote_on_budget: bool


class RolloutStatusOut(Shape):
    """How far it has come. ``evidence`` holds the odds against the canary by metric."""

    phase: str
    observed_generation: int
    baseline: str
    step: int
    weight: float
    canary_requests: int
    reasons: tuple[str, ...]
    verdict: str | None
    evidence: dict[str, Any] | None
    seconds: float


class RolloutOut(Shape):
    """One rollout."""

    id: str
    spec: RolloutSpecOut
    status: RolloutStatusOut
    created_at: float
    updated_at: float
    links: dict[str, str]


class VerbIn(Shape):
    """Why a person asks for a verb; it is written to the audit trail."""

    reason: Text = ""
