"""What people took out of budgets: appended, and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from controlplane.store.tables import adjustment

__all__ = ["AdjustmentEntry", "AdjustmentStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentEntry:
    """Who did what to which budget, and why.

    Attributes:
        id: Number of the entry.
        slo: Whose budget.
        kind: ``exclude``, ``withdraw`` (an exclusion) or ``reset``.
        at: When it was written, Unix seconds.
        actor: Who wrote it.
        reason: In the person's own words.
        detail: Of an exclusion start, end and rule; of a withdrawal the entry it takes back.
    """

    id: int
    slo: str
    kind: str
    at: float
    actor: str
    reason: str
    detail: Mapping[str, Any]


class AdjustmentStore:
    """Appends and reads; nothing here changes or deletes a row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(
        self,
        connection: Connection,
        *,
        slo: str,
        kind: str,
        now: float,
        actor: str,
        reason: str,
        detail: Mapping[str, Any],
    ) -> AdjustmentEntry:
        """Write one entry inside the caller's transaction."""
        row = {"slo": slo, "kind": kind, "at": now, "actor": actor, "reason": reason}
        written = connection.execute(insert(adjustment).values(**row, detail=dict(detail)))
        return AdjustmentEntry(
            id=int((written.inserted_primary_key or (0,))[0]),
            slo=slo,
            kind=kind,
            at=now,
            actor=actor,
            reason=reason,
            detail=detail,
        )

    def list(self) -> list[AdjustmentEntry]:
        """Return every entry, oldest first."""
        query = select(adjustment).order_by(adjustment.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            AdjustmentEntry(
                id=row.id,
                slo=row.slo,
                kind=row.kind,
                at=row.at,
                actor=row.actor,
                reason=row.reason,
                detail=row.detail,
            )
            for row in rows
        ]
