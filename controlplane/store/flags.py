"""Feature flags as rows: the shares of their versions, and under which lease they were set."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select

from controlplane.store.tables import flag as table
from controlplane.store.writing import put

__all__ = ["FlagRecord", "FlagStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRecord:
    """One flag.

    Attributes:
        weights: Shares in per cent by version; those of 0 were served before.
        fencing: The highest number it was set under; 0 before any.
    """

    weights: Mapping[str, float]
    fencing: int = 0


class FlagStore:
    """Reads and writes flags, each in a transaction of its own: a flag is a router's memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, service: str) -> FlagRecord | None:
        """Return the flag of a service; None before it was ever set."""
        query = select(table.c.weights, table.c.fencing).where(table.c.service == service)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else FlagRecord(weights=dict(row.weights), fencing=row.fencing)

    def all(self) -> dict[str, FlagRecord]:
        """Return every flag by its service."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(table)).all()
        return {
            row.service: FlagRecord(weights=dict(row.weights), fencing=row.fencing) for row in rows
        }

    def save(self, service: str, record: FlagRecord, *, now: float) -> bool:
        """Write a flag, unless it was set under a higher number.

        Returns:
            Whether it was written.
        """
        query = select(table.c.fencing).where(table.c.service == service).with_for_update()
        with self._engine.begin() as connection:
            known = connection.execute(query).scalar()
            if known is not None and record.fencing < known:
                return False
            row = {
                "weights": dict(record.weights),
                "fencing": record.fencing,
                "updated_at": now,
            }
            put(connection, table, {"service": service}, row)
        return True
