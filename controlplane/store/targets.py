"""Targets that people added over REST, by name."""

from typing import Any

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, delete, select

from controlplane.store.tables import target as table
from controlplane.store.writing import put
from controlplane.target_spec import TargetSpec, parse_target

__all__ = ["TargetStore"]

_SPEC = TypeAdapter(TargetSpec)


class TargetStore:
    """Reads and writes targets."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self) -> tuple[TargetSpec, ...]:
        """Return all of them in the order of their names."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).order_by(table.c.name)).all()
        return tuple(parse_target(dict(row.spec)) for row in rows)

    def save(self, connection: Connection, target: TargetSpec, *, now: float) -> None:
        """Write one, inside the caller's transaction."""
        document: dict[str, Any] = orjson.loads(_SPEC.dump_json(target))
        put(connection, table, {"name": target.name}, {"spec": document, "added_at": now})

    def delete(self, connection: Connection, name: str) -> None:
        """Delete one, inside the caller's transaction."""
        connection.execute(delete(table).where(table.c.name == name))
