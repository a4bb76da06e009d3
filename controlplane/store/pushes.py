"""What pushed streams last showed: one row of JSON for each stream and series, by source."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select

from controlplane.store.tables import push_state

__all__ = ["PushStore"]


class PushStore:
    """Reads all rows once, then writes those that changed.

    Args:
        engine: The database; whoever saves begins the transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def load(self) -> dict[str, dict[str, Any]]:
        """Return every row by source and key."""
        found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        with self.engine.connect() as connection:
            for row in connection.execute(select(push_state)):
                found[row.source][row.key] = orjson.loads(row.state)
        return dict(found)

    def save(self, connection: Connection, source: str, rows: Mapping[str, Any]) -> None:
        """Write rows inside the caller's transaction; None deletes one."""
        if not rows:
            return
        keys = push_state.c.source == source, push_state.c.key == bindparam("old")
        connection.execute(delete(push_state).where(*keys), [{"old": key} for key in rows])
        written = [
            {"source": source, "key": key, "state": orjson.dumps(row)}
            for key, row in rows.items()
            if row is not None
        ]
        if written:
            connection.execute(insert(push_state), written)
