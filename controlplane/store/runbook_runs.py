"""Runs of runbooks: the server stores and shows, the operator's machine executes."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select

from controlplane.errors import NotFound
from controlplane.store.tables import runbook_run as table
from controlplane.store.writing import put

__all__ = ["RunbookRun", "RunbookRunStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookRun:
    """One run: ``mode`` is ``dry-run`` or ``real``; ``state`` running, succeeded, failed, refused."""

    id: str
    runbook: str
    mode: str
    state: str
    params: dict[str, str]
    actor: str
    steps: list[dict[str, Any]]
    started_at: float
    ended_at: float | None = None


class RunbookRunStore:
    """Reads and writes runs; writes happen inside the caller's transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, connection: Connection, run: RunbookRun) -> None:
        """Write one run as it stands."""
        row = {
            "runbook": run.runbook,
            "mode": run.mode,
            "state": run.state,
            "params": run.params,
            "actor": run.actor,
            "steps": run.steps,
            "started_at": run.started_at,
            "ended_at": run.ended_at,
        }
        put(connection, table, {"id": run.id}, row)

    def get(self, run_id: str) -> RunbookRun:
        """Return one run.

        Raises:
            NotFound: There is none of that id.
        """
        with self._engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.id == run_id)).mappings().first()
        if row is None:
            msg = f"No runbook run {run_id!r}."
            raise NotFound(msg, hint="trimtab runbook log shows them all")
        return RunbookRun(**row)

    def list(self, *, limit: int = 100) -> tuple[RunbookRun, ...]:
        """Return runs, newest first."""
        query = select(table).order_by(table.c.started_at.desc(), table.c.id).limit(limit)
        with self._engine.connect() as connection:
            return tuple(RunbookRun(**row) for row in connection.execute(query).mappings())
