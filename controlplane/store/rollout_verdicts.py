"""What the analysis said when a rollout moved, with all that the verdict can be reckoned from again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.store.tables import rollout as rollouts
from controlplane.store.tables import rollout_verdict as table

__all__ = ["MOST_VERDICTS", "KeptVerdict", "keep_verdict", "kept_verdicts"]

MOST_VERDICTS = 64
"""Of one rollout; its steps and approvals make fewer moves, only people can make more."""

REACHED = (Phase.SUCCEEDED, Phase.ROLLED_BACK)
"""Phases that the router's answer leads to: no verdict decides them."""

KEPT = ("analysis", "judged_seconds", "verdict")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVerdict:
    """The last verdict before a move.

    Attributes:
        generation: Of the rollout after the move; each move has its own.
        at: When it moved, Unix seconds.
        phase: It moved to.
        step: It stood on from then on.
        weight: Of the canary from then on, in per cent.
        reason: Why it moved.
        analysis: Snapshot (``analysis``), ``judged_seconds`` and ``verdict``, as they were saved.
    """

    generation: int
    at: float
    phase: str
    step: int
    weight: float
    reason: str
    analysis: Mapping[str, Any]


def keep_verdict(connection: Connection, rollout: Rollout) -> None:
    """Keep what is saved of a rollout's analysis as what it moved by; nothing before a verdict."""
    if rollout.progress.phase in REACHED:
        return
    query = select(rollouts.c.analysis).where(rollouts.c.id == rollout.id)
    saved = connection.execute(query).scalar()
    if not saved or not saved.get("verdict"):
        return
    connection.execute(
        insert(table).values(
            rollout=rollout.id,
            generation=rollout.generation,
            at=rollout.updated_at,
            phase=rollout.progress.phase.value,
            step=rollout.progress.step,
            weight=rollout.weight,
            reason=rollout.progress.reason,
            analysis={name: saved[name] for name in KEPT},
        )
    )
    mine = table.c.rollout == rollout.id
    newest = select(table.c.generation).where(mine).order_by(table.c.generation.desc())
    known = connection.execute(newest).scalars().all()
    if len(known) > MOST_VERDICTS:
        old = table.c.generation <= known[MOST_VERDICTS]
        connection.execute(delete(table).where(mine & old))


def kept_verdicts(connection: Connection, rollout_id: str) -> tuple[KeptVerdict, ...]:
    """Return what was kept of a rollout, oldest first."""
    query = select(table).where(table.c.rollout == rollout_id).order_by(table.c.generation)
    return tuple(
        KeptVerdict(
            generation=row.generation,
            at=row.at,
            phase=row.phase,
            step=row.step,
            weight=row.weight,
            reason=row.reason,
            analysis=row.analysis,
        )
        for row in connection.execute(query)
    )
