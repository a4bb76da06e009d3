"""What is known of a service: its stable version, the one before it, and its breakers."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select

from controlplane.store.tables import breaker as breaker_table
from controlplane.store.tables import service as table
from controlplane.store.writing import put

__all__ = ["ServiceRecord", "ServiceStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord:
    """The version that serves at rest, and the one that served before it (None if none did)."""

    name: str
    stable: str
    previous: str | None = None


class ServiceStore:
    """Reads and writes services and breakers; writes happen inside the caller's transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, connection: Connection, record: ServiceRecord, *, now: float) -> None:
        """Write one service."""
        row = {"stable": record.stable, "previous": record.previous, "updated_at": now}
        put(connection, table, {"name": record.name}, row)

    def list(self) -> dict[str, ServiceRecord]:
        """Return every service by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(table)).all()
        return {
            row.name: ServiceRecord(name=row.name, stable=row.stable, previous=row.previous)
            for row in rows
        }

    def save_breaker(
        self,
        connection: Connection,
        *,
        service: str,
        version: str,
        state: dict[str, Any],
        now: float,
    ) -> None:
        """Write one breaker's state."""
        key = {"service": service, "version": version}
        put(connection, breaker_table, key, {"state": state, "updated_at": now})

    def breakers(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the saved state of every breaker by (service, version)."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(breaker_table)).all()
        return {(row.service, row.version): dict(row.state) for row in rows}
