"""Shapes of the gate that pipelines ask before they deploy."""

from pydantic import Field

from controlplane.schemas.shape import Shape

__all__ = ["GateOut", "OverrideIn"]


class GateOut(Shape):
    """Whether a service may be deployed now.

    Attributes:
        service: Whom it is about.
        version: As asked; the budgets are the service's, whatever the version.
        gate: ``open``, ``closed`` or ``unknown``.
        allowed: Whether it is open, or was overridden.
        overridden: Whether somebody took it upon them.
        reasons: Why it stands so, one for each SLO that matters.
    """

    service: str
    version: str
    gate: str
    allowed: bool
    overridden: bool
    reasons: tuple[str, ...]


class OverrideIn(Shape):
    """Why a version is deployed whatever the gate says; it is written to the audit trail."""

    reason: str = Field(min_length=3, max_length=1000)
