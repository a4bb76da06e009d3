"""Shapes of engines whose samples SLOs are counted on, and of pasts that are told later."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from controlplane.schemas.shape import Shape

__all__ = ["BackfillIn", "BackfillOut", "EngineFeedOut"]

MOST_POINTS = 20_000
Moment = Annotated[float, Field(gt=0, lt=1e11)]
Count = Annotated[int, Field(ge=0, le=1 << 53)]


class EngineFeedOut(Shape):
    """How one SLO is read from an engine.

    Attributes:
        ok: Whether the last look went well; None before the first.
        reason: Why it did not.
        newest_at: When its newest sample is of, Unix seconds.
        read_until: Up to when samples were read.
        targets: How many targets of the engine it is counted on.
        notes: What a reader must know of its past.
    """

    slo: str
    engine: str
    url: str
    ok: bool | None
    reason: str
    newest_at: float | None
    read_until: float | None
    targets: int
    notes: tuple[str, ...]


class BackfillIn(Shape):
    """What happened before an SLO was counted here: sums by moment that rise from zero.

    Attributes:
        times: Unix seconds, rising.
        bad: Bad events since the first time, as the SLO counts them.
        total: All of them.
        source: Where they are from, for the audit trail.
    """

    times: Annotated[tuple[Moment, ...], Field(min_length=2, max_length=MOST_POINTS)]
    bad: Annotated[tuple[Count, ...], Field(max_length=MOST_POINTS)]
    total: Annotated[tuple[Count, ...], Field(max_length=MOST_POINTS)]
    source: Annotated[str, Field(min_length=1, max_length=255)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not len(self.times) == len(self.bad) == len(self.total):
            msg = "times, bad and total must be as many."
            raise ValueError(msg)
        if any(late <= early for early, late in pairwise(self.times)):
            msg = "times must rise."
            raise ValueError(msg)
        for sums in (self.bad, self.total):
            if sums[0] != 0 or any(late < early for early, late in pairwise(sums)):
                msg = "sums begin at 0 and never fall."
                raise ValueError(msg)
        return self


class BackfillOut(Shape):
    """What was taken up: events, and since when the SLO is known now, Unix seconds."""

    bad: int
    total: int
    counted_since: float
