"""Sets of SLO files that were applied over REST, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, select

from controlplane.store.tables import slo_set as table
from controlplane.store.writing import put

__all__ = ["SloSet", "SloSetStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SloSet:
    """Files that belong together: their documents may name each other.

    Attributes:
        name: Of the set.
        files: Texts by name.
        applied_at: When they were last applied, Unix seconds.
    """

    name: str
    files: Mapping[str, str]
    applied_at: float


class SloSetStore:
    """Reads and writes sets."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self) -> tuple[SloSet, ...]:
        """Return all of them in the order of their names."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).order_by(table.c.name)).all()
        return tuple(
            SloSet(name=row.name, files=row.files, applied_at=row.applied_at) for row in rows
        )

    def save(self, connection: Connection, wanted: SloSet) -> None:
        """Write one, inside the caller's transaction."""
        row = {"files": dict(wanted.files), "applied_at": wanted.applied_at}
        put(connection, table, {"name": wanted.name}, row)

    def delete(self, connection: Connection, name: str) -> None:
        """Delete one, inside the caller's transaction."""
        connection.execute(delete(table).where(table.c.name == name))
