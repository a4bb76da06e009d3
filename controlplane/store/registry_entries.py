"""Rollouts that a model registry asked for, what it was told of them, and where its aliases stood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from controlplane.decide.delivery import Delivery
from controlplane.decide.rollout import Rollout
from controlplane.store.tables import registry_alias as heard
from controlplane.store.tables import registry_entry as table
from controlplane.store.writing import put

__all__ = ["Followed", "Heard", "RegistryEntries", "RegistryEntry"]

PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A model's version at an alias, as a registry names them."""

    model: str
    alias: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Where an alias stood, and when that was heard, Unix seconds."""

    version: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEntry:
    """A rollout of such a version.

    Attributes:
        rollout_id: Of the rollout.
        followed: Whose version it brings in.
        state: ``pending`` while more may have to be told, then ``settled``; ``dead`` where the registry
            will not hear it.
        written: Tags as they were set last.
        attempts: Tries since one was taken.
        next_at: Not before is it tried again, Unix seconds.
        detail: What came back last.
    """

    rollout_id: str
    followed: Followed
    state: str = PENDING
    written: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 0
    next_at: float = 0.0
    detail: str = ""


class RegistryEntries:
    """Reads and writes entries; writes happen inside the caller's transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, connection: Connection, rollout: Rollout, followed: Followed | None) -> None:
        """Tell the registry of this rollout from now on, and no more of older ones of the version.

        Args:
            connection: The transaction that saves the rollout.
            rollout: Just made.
            followed: What it was asked for; None means that of the rollout which it tries again, if any.
        """
        if followed is None:
            query = select(table).where(table.c.rollout_id == rollout.spec.parent)
            row = connection.execute(query).first()
            followed = None if row is None else _from_row(row).followed
            if followed is None or followed.version != rollout.spec.version:
                return
        same = (table.c.model == followed.model) & (table.c.version == followed.version)
        connection.execute(update(table).where(same).values(state="settled"))
        connection.execute(
            insert(table).values(
                rollout_id=rollout.id,
                model=followed.model,
                alias=followed.alias,
                version=followed.version,
                state=PENDING,
                written={},
                attempts=0,
                next_at=rollout.created_at,
                detail="",
                made_at=rollout.created_at,
            )
        )

    def due(self, now: float, *, limit: int = 20) -> tuple[RegistryEntry, ...]:
        """Return those of which something may have to be told now, the longest waiting first."""
        waits = (table.c.state == PENDING) & (table.c.next_at <= now)
        query = select(table).where(waits).order_by(table.c.next_at, table.c.rollout_id)
        with self._engine.connect() as connection:
            return tuple(_from_row(row) for row in connection.execute(query.limit(limit)))

    def told(
        self,
        connection: Connection,
        entry: RegistryEntry,
        *,
        written: Mapping[str, str],
        state: str,
        delivery: Delivery,
    ) -> None:
        """Write what the registry knows now, unless a newer rollout of the version took its place."""
        waits = (table.c.rollout_id == entry.rollout_id) & (table.c.state == PENDING)
        connection.execute(
            update(table)
            .where(waits)
            .values(
                state=state,
                written=dict(written),
                attempts=delivery.attempts,
                next_at=delivery.next_at,
                detail=delivery.detail,
            )
        )

    def hear(
        self, connection: Connection, model: str, alias: str, version: str, *, now: float
    ) -> None:
        """Remember at which version an alias stands: each of its moves is acted on once."""
        put(connection, heard, {"model": model, "alias": alias}, {"version": version, "at": now})

    def heard(self, model: str, alias: str) -> Heard | None:
        """Return at which version an alias stood when it was last heard of; None before."""
        same = (heard.c.model == model) & (heard.c.alias == alias)
        with self._engine.connect() as connection:
            row = connection.execute(select(heard).where(same)).first()
        return None if row is None else Heard(version=row.version, at=row.at)

    def list(self, *, limit: int = 200) -> tuple[RegistryEntry, ...]:
        """Return entries, newest first."""
        query = select(table).order_by(table.c.made_at.desc(), table.c.rollout_id).limit(limit)
        with self._engine.connect() as connection:
            return tuple(_from_row(row) for row in connection.execute(query))


def _from_row(row: Row[Any]) -> RegistryEntry:
    return RegistryEntry(
        rollout_id=row.rollout_id,
        followed=Followed(model=row.model, alias=row.alias, version=row.version),
        state=row.state,
        written=dict(row.written),
        attempts=row.attempts,
        next_at=row.next_at,
        detail=row.detail,
    )
