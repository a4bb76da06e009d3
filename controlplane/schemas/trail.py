"""Shapes of what happened, and who did it."""

from typing import Annotated, Any

from pydantic import Field

from controlplane.schemas.shape import Name, Shape, Text

__all__ = ["AuditOut", "EventOut", "RunbookRunIn", "RunbookRunOut", "RunbookStep"]


class RunbookStep(Shape):
    """One step of a run: written before it starts and again when it ends."""

    name: str
    command: str
    state: str
    exit_code: int | None = None
    output: Annotated[str, Field(max_length=65536)] = ""
    started_at: float | None = None
    ended_at: float | None = None


class RunbookRunIn(Shape):
    """A run as its runner reports it."""

    runbook: Name
    mode: Annotated[str, Field(pattern="^(dry-run|real)$")]
    state: Annotated[str, Field(pattern="^(running|succeeded|failed|refused)$")]
    params: dict[str, Text] = Field(default_factory=dict, max_length=64)
    actor: Annotated[str, Field(max_length=255)]
    steps: Annotated[tuple[RunbookStep, ...], Field(max_length=200)] = ()


class RunbookRunOut(Shape):
    """One run of a runbook."""

    id: str
    runbook: str
    mode: str
    state: str
    params: dict[str, str]
    actor: str
    steps: tuple[RunbookStep, ...]
    started_at: float
    ended_at: float | None


class AuditOut(Shape):
    """Who did what to which object."""

    id: int
    at: float
    actor: str
    verb: str
    object: str
    detail: dict[str, Any]
    hash: str


class EventOut(Shape):
    """Something that happened, in words."""

    id: int
    at: float
    kind: str
    subject: str
    text: str
