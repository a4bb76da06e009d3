"""Alerts, and the messages about them: both in one transaction, so neither is ever alone."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from controlplane.decide.alert_state import Alert, AlertState
from controlplane.store.tables import alert as table
from controlplane.store.writing import put

__all__ = ["AlertRecord", "AlertStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """An alert with its names.

    Attributes:
        key: Stable for one SLO at one severity; receivers deduplicate by it and the episode.
        slo: Name of the SLO.
        severity: ``page`` or ``ticket``.
        alert: Its state.
        labels: Identity, as receivers see it.
        annotations: What to tell a person.
        updated_at: Unix seconds.
    """

    key: str
    slo: str
    severity: str
    alert: Alert
    labels: dict[str, str]
    annotations: dict[str, str]
    updated_at: float


class AlertStore:
    """Reads and writes alerts; writes happen inside the caller's transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, connection: Connection, record: AlertRecord) -> None:
        """Write one alert."""
        alert = record.alert
        row = {
            "slo": record.slo,
            "severity": record.severity,
            "state": alert.state.value,
            "episode": alert.episode,
            "starts_at": alert.starts_at,
            "ends_at": alert.ends_at,
            "clear_since": alert.clear_since,
            "labels": record.labels,
            "annotations": record.annotations,
            "updated_at": record.updated_at,
        }
        put(connection, table, {"key": record.key}, row)

    def list(self) -> tuple[AlertRecord, ...]:
        """Return every alert that ever fired, newest change first."""
        query = select(table).order_by(table.c.updated_at.desc(), table.c.key)
        with self._engine.connect() as connection:
            return tuple(_from_row(row) for row in connection.execute(query))


def _from_row(row: Row[Any]) -> AlertRecord:
    alert = Alert(
        state=AlertState(row.state),
        episode=row.episode,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        clear_since=row.clear_since,
    )
    return AlertRecord(
        key=row.key,
        slo=row.slo,
        severity=row.severity,
        alert=alert,
        labels=dict(row.labels),
        annotations=dict(row.annotations),
        updated_at=row.updated_at,
    )
