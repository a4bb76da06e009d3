"""Shapes of what Argo Rollouts and Flagger ask, and of what they are told."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from controlplane.schemas.shape import Name, Shape

__all__ = ["FlaggerIn", "VerdictIn", "VerdictOut"]

Said = Annotated[str, Field(max_length=255)]
Version = Annotated[str, Field(min_length=1, max_length=255)]


class VerdictIn(Shape):
    """Which release somebody asks about.

    Attributes:
        service: Whose traffic moves.
        version: What is brought in, as its pages name it.
        against: What served before; left out where only one other version is known.
        release: How whoever moves it calls the release, for example its revision.
    """

    service: Name
    version: Version
    against: Said = ""
    release: Said = ""


class VerdictOut(Shape):
    """What is said of a version.

    Attributes:
        decision: ``promote``, ``rollback``, ``continue`` or ``inconclusive``.
        passed: Whether it is proven good enough; ``pass`` in JSON.
        failed: Whether it must go back; ``fail`` in JSON.
        score: Odds to 1 against it; None before anything was seen. At ``limit`` it goes back.
        reasons: Why.
        rollout: Id of the rollout that judges it.
    """

    decision: str
    passed: Annotated[bool, Field(alias="pass")]
    failed: Annotated[bool, Field(alias="fail")]
    score: float | None
    limit: float
    reasons: tuple[str, ...]
    service: str
    version: str
    against: str
    release: str
    rollout: str
    phase: str
    verdict: str | None
    canary_requests: int
    baseline_requests: int


class FlaggerIn(BaseModel):
    """What Flagger posts to a webhook: a canary, its phase, and what its author added."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=253)]
    namespace: Annotated[str, Field(max_length=253)] = ""
    phase: Annotated[str, Field(max_length=63)] = ""
    checksum: Said = ""
    metadata: Annotated[
        dict[Annotated[str, Field(max_length=255)], Annotated[str, Field(max_length=8192)]],
        Field(max_length=64),
    ] = Field(default_factory=dict)
