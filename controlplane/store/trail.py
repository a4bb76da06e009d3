"""The audit trail, whose rows are chained by hash, and the events that people read."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, insert, select

from controlplane.store.tables import audit, event

__all__ = ["AuditEntry", "EventEntry", "Trail", "chain_hash"]

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which object; ``hash`` covers this entry and the one before it."""

    id: int
    at: float
    actor: str
    verb: str
    object: str
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """Something that happened, in words. ``subject`` is for example ``rollout/r-42``."""

    id: int
    at: float
    kind: str
    subject: str
    text: str


class Trail:
    """Appends and reads; nothing here changes or deletes a row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(
        self,
        connection: Connection,
        *,
        now: float,
        actor: str,
        verb: str,
        subject: str,
        detail: dict[str, Any],
    ) -> None:
        """Append to the audit trail inside the caller's transaction: no trail, no deed."""
        query = select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)
        before = connection.execute(query).scalar() or GENESIS
        row = {"at": now, "actor": actor, "verb": verb, "object": subject, "detail": detail}
        connection.execute(insert(audit).values(**row, hash=chain_hash(before, row)))

    def tell(
        self, connection: Connection, *, now: float, kind: str, subject: str, text: str
    ) -> None:
        """Append an event inside the caller's transaction."""
        connection.execute(insert(event).values(at=now, kind=kind, subject=subject, text=text))

    def audit(self, *, limit: int = 200) -> tuple[AuditEntry, ...]:
        """Return the newest entries, newest first."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return tuple(AuditEntry(**row) for row in connection.execute(query).mappings())

    def first_break(self) -> int | None:
        """Return the id of the first entry whose hash does not fit; None when the chain is whole."""
        before = GENESIS
        with self._engine.connect() as connection:
            for row in connection.execute(select(audit).order_by(audit.c.id)).mappings():
                entry = {name: row[name] for name in ("at", "actor", "verb", "object", "detail")}
                if chain_hash(before, entry) != row["hash"]:
                    return int(row["id"])
                before = row["hash"]
        return None

    def events(self, *, subject: str | None = None, after: int = 0) -> tuple[EventEntry, ...]:
        """Return events with a larger id, oldest first."""
        query = select(event).where(event.c.id > after).order_by(event.c.id).limit(500)
        if subject is not None:
            query = query.where(event.c.subject == subject)
        with self._engine.connect() as connection:
            return tuple(EventEntry(**row) for row in connection.execute(query).mappings())


def chain_hash(before: str, entry: dict[str, Any]) -> str:
    """Return the SHA-256 of the previous hash and this entry."""
    body = orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(before.encode() + body).hexdigest()
