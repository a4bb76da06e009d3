"""Rollouts as rows."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from controlplane.decide.rollout import Progress, Rollout, RolloutSpec
from controlplane.decide.rollout_state import FINAL, Phase
from controlplane.errors import KeyReused, NotFound
from controlplane.store.rollout_verdicts import KeptVerdict, keep_verdict, kept_verdicts
from controlplane.store.tables import rollout as table

__all__ = ["RolloutStore"]


class RolloutStore:
    """Reads and writes rollouts; writes happen inside the caller's transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self, connection: Connection, rollout: Rollout, *, idempotency_key: str | None
    ) -> Rollout:
        """Insert a rollout, or return the one that this key made before.

        Raises:
            KeyReused: The key made a rollout with another spec.
        """
        if idempotency_key is not None:
            query = select(table).where(table.c.idempotency_key == idempotency_key)
            made = connection.execute(query).first()
            if made is not None:
                return _same_request(_from_row(made), rollout)
        connection.execute(
            insert(table).values(
                id=rollout.id,
                service=rollout.spec.service,
                spec=asdict(rollout.spec),
                idempotency_key=idempotency_key,
                created_at=rollout.created_at,
                **_changing(rollout),
            )
        )
        return rollout

    def save(
        self,
        connection: Connection,
        rollout: Rollout,
        *,
        read_generation: int,
        analysis: dict[str, object] | None = None,
    ) -> bool:
        """Write progress, unless somebody wrote since it was read.

        Args:
            connection: The transaction.
            rollout: As it should be now.
            read_generation: Generation that the change was decided on.
            analysis: The evidence so far; None leaves what is stored.

        Returns:
            Whether it was written. False means: read again, decide again.
        """
        values = _changing(rollout)
        if analysis is not None:
            values["analysis"] = analysis
        same = (table.c.id == rollout.id) & (table.c.generation == read_generation)
        written = connection.execute(update(table).where(same).values(**values)).rowcount == 1
        if written and rollout.generation > read_generation:
            keep_verdict(connection, rollout)
        return written

    def get(self, rollout_id: str) -> Rollout:
        """Return one rollout.

        Raises:
            NotFound: There is none of that id.
        """
        with self._engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.id == rollout_id)).first()
        if row is None:
            msg = f"No rollout {rollout_id!r}."
            raise NotFound(msg, hint="trimtab rollout list shows them all")
        return _from_row(row)

    def list(self, *, service: str | None = None, active: bool = False) -> tuple[Rollout, ...]:
        """Return rollouts, newest first."""
        query = select(table).order_by(table.c.created_at.desc(), table.c.id)
        if service is not None:
            query = query.where(table.c.service == service)
        if active:
            query = query.where(table.c.phase.not_in([phase.value for phase in FINAL]))
        with self._engine.connect() as connection:
            return tuple(_from_row(row) for row in connection.execute(query.limit(500)))

    def analysis(self, rollout_id: str) -> dict[str, object] | None:
        """Return the saved analysis; None before it began."""
        query = select(table.c.analysis).where(table.c.id == rollout_id)
        with self._engine.connect() as connection:
            found: dict[str, object] | None = connection.execute(query).scalar()
        return found

    def verdicts(self, rollout_id: str) -> tuple[KeptVerdict, ...]:
        """Return what the analysis said at each move of a rollout, oldest first."""
        with self._engine.connect() as connection:
            return kept_verdicts(connection, rollout_id)


def _changing(rollout: Rollout) -> dict[str, Any]:
    return {
        "generation": rollout.generation,
        "phase": rollout.progress.phase.value,
        "progress": asdict(rollout.progress),
        "updated_at": rollout.updated_at,
    }


def _same_request(made: Rollout, asked: Rollout) -> Rollout:
    if made.spec != asked.spec:
        msg = f"This Idempotency-Key already started rollout {made.id} with another spec."
        raise KeyReused(msg, hint="use a new key for a new request")
    return made


def _from_row(row: Row[Any]) -> Rollout:
    progress = dict(row.progress) | {"phase": Phase(row.phase)}
    progress["warmup_rollouts"] = tuple(progress.get("warmup_rollouts", ()))
    return Rollout(
        id=row.id,
        generation=row.generation,
        spec=RolloutSpec.from_plain(row.spec),
        progress=Progress(**progress),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
