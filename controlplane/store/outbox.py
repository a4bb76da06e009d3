"""Messages on their way to receivers. A row stays until the receiver has acknowledged it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from controlplane.decide.delivery import Delivery
from controlplane.store.tables import outbox as table

__all__ = ["Message", "Outbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing to tell one receiver.

    Attributes:
        message_id: The same on every try, so a receiver can drop a repeat.
        receiver: Name of the receiver in trimtab.yaml.
        position: Which of the receiver's destinations.
        alert_key: Whom it is about; messages about one alert keep their order.
        episode: Which firing of that alert.
        intent: ``trigger`` or ``resolve``.
        payload: The alert as it was: labels, annotations, times.
        attempts: Tries so far.
        state: ``pending``, ``delivered`` or ``dead``.
        detail: The receiver's last answer.
        created_at: Unix seconds.
        delivered_at: When it was acknowledged; None until then.
        id: Row number; 0 before it is written.
    """

    message_id: str
    receiver: str
    position: int
    alert_key: str
    episode: int
    intent: str
    payload: dict[str, Any]
    attempts: int = 0
    state: str = "pending"
    detail: str = ""
    created_at: float = 0.0
    delivered_at: float | None = None
    id: int = 0


class Outbox:
    """Reads and writes messages; writes happen inside the caller's transaction.

    Attributes:
        added: How many this process has put in, so that nobody need look for more in vain.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.added = 0

    def add(self, connection: Connection, message: Message, *, now: float) -> None:
        """Put a message in, due at once."""
        self.added += 1
        connection.execute(
            insert(table).values(
                message_id=message.message_id,
                receiver=message.receiver,
                position=message.position,
                alert_key=message.alert_key,
                episode=message.episode,
                intent=message.intent,
                payload=message.payload,
                state="pending",
                attempts=0,
                next_at=now,
                detail="",
                created_at=now,
            )
        )

    def due(self, now: float, *, limit: int = 100) -> tuple[Message, ...]:
        """Return what may be sent now: per destination and alert only the oldest pending message.

        So a resolve never overtakes the trigger it ends.
        """
        same = (table.c.receiver, table.c.position, table.c.alert_key)
        oldest = select(func.min(table.c.id)).where(table.c.state == "pending").group_by(*same)
        query = (
            select(table)
            .where(table.c.id.in_(oldest), table.c.next_at <= now)
            .order_by(table.c.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return tuple(_from_row(row) for row in connection.execute(query))

    def record(self, connection: Connection, message: Message, delivery: Delivery) -> None:
        """Write what became of a try."""
        done = delivery.next_at if delivery.state == "delivered" else None
        connection.execute(
            update(table)
            .where(table.c.id == message.id)
            .values(
                state=delivery.state,
                attempts=delivery.attempts,
                next_at=delivery.next_at,
                detail=delivery.detail,
                delivered_at=done,
            )
        )

    def list(self, *, limit: int = 200) -> tuple[Message, ...]:
        """Return messages, newest first."""
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return tuple(_from_row(row) for row in connection.execute(query))

    def oldest(self) -> float | None:
        """Return when the oldest message that waits was written, Unix seconds; None if none waits."""
        query = select(func.min(table.c.created_at)).where(table.c.state == "pending")
        with self._engine.connect() as connection:
            found: float | None = connection.execute(query).scalar_one()
        return found

    def pending(self) -> int:
        """Return how many messages wait."""
        query = select(func.count()).select_from(table).where(table.c.state == "pending")
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()


def _from_row(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        message_id=row.message_id,
        receiver=row.receiver,
        position=row.position,
        alert_key=row.alert_key,
        episode=row.episode,
        intent=row.intent,
        payload=dict(row.payload),
        attempts=row.attempts,
        state=row.state,
        detail=row.detail,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
    )
