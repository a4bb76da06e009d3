"""Counts that survive: the ledger as it stood, and one packed row of running sums a minute."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import orjson
from sqlalchemy import Connection, Engine, delete, func, insert, select

from controlplane.store.past_rows import SHARD, PastRows
from controlplane.store.past_sums import PastSums
from controlplane.store.tables import count_layout, count_minute, count_state
from controlplane.store.writing import put
from slo import PeriodGain, Row

__all__ = ["CountStore"]

ROWS_AT_ONCE = 500


class CountStore:
    """Reads and writes counts of one shard.

    The ledger's raw counter values and its sums are written in one transaction, so whatever
    moment a crash picks, the next scrape adds exactly what the counters gained since.

    Attributes:
        engine: The database.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._layouts: dict[str, int] = {}
        self._columns: dict[int, Mapping[str, int]] = {}

    def save(
        self, connection: Connection, *, now: float, ledger: bytes, sums: Mapping[str, float]
    ) -> None:
        """Write the ledger, and this minute's row, inside the caller's transaction.

        Args:
            connection: The transaction.
            now: Unix seconds.
            ledger: The ledger's snapshot.
            sums: Running sums by key; integers below 2**53.
        """
        put(connection, count_state, {"shard": SHARD}, {"at": now, "ledger": ledger})
        keys = sorted(sums)
        packed = np.array([sums[key] for key in keys], dtype="<f8").tobytes()
        row = {"layout": self.layout(connection, keys), "sums": packed}
        key = {"shard": SHARD, "minute": int(now // 60)}
        put(connection, count_minute, key, row)

    def add_late(self, connection: Connection, gains: Sequence[PeriodGain], *, now: float) -> None:
        """Add what became known late to the minutes since, inside the caller's transaction.

        Minutes in which nothing of that name was counted stay as they are.
        """
        if not gains:
            return
        late = PastSums.of_gains(gains)
        first = int(min(past.since for past in late.values()) // 60)
        query = select(count_minute.c.minute, count_minute.c.layout, count_minute.c.sums).where(
            count_minute.c.shard == SHARD,
            count_minute.c.minute >= first,
            count_minute.c.minute < int(now // 60),
        )
        for row in connection.execute(query).all():
            columns = self.columns_of(connection, row.layout)
            sums = np.frombuffer(row.sums, dtype="<f8").copy()
            end = np.array([(row.minute + 1) * 60.0])
            for name in late.keys() & columns.keys():
                sums[columns[name]] += late[name].at(end)[0]
            key = {"shard": SHARD, "minute": row.minute}
            put(connection, count_minute, key, {"layout": row.layout, "sums": sums.tobytes()})

    def add_past(self, connection: Connection, pasts: Mapping[str, PastSums]) -> None:
        """Add sums of a time before these keys were counted, inside the caller's transaction."""
        PastRows(connection, pasts, layouts=self).write()

    def load(self) -> tuple[float, bytes] | None:
        """Return when the ledger was saved and its snapshot; None in a new database."""
        query = select(count_state.c.at, count_state.c.ledger).where(count_state.c.shard == SHARD)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.at, bytes(row.ledger))

    def began(self) -> float | None:
        """Return when the oldest kept minute began, Unix seconds; None in a new database."""
        query = select(func.min(count_minute.c.minute)).where(count_minute.c.shard == SHARD)
        with self.engine.connect() as connection:
            minute = connection.execute(query).scalar()
        return None if minute is None else minute * 60.0

    def sums_at(self, moment: float) -> Row | None:
        """Return the newest row of sums at or before a moment.

        A minute's row is rewritten until the minute ends, so it stands for the minute's end.
        None when nothing that old is kept.
        """
        query = (
            select(count_minute.c.minute, count_minute.c.layout, count_minute.c.sums)
            .where(count_minute.c.shard == SHARD, count_minute.c.minute <= int(moment // 60) - 1)
            .order_by(count_minute.c.minute.desc())
            .limit(1)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            columns = self.columns_of(connection, row.layout)
        sums = np.frombuffer(row.sums, dtype="<f8")
        return Row(at=(row.minute + 1) * 60.0, columns=columns, sums=sums)

    def sums_between(
        self, keys: Sequence[str], *, since: float, until: float
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the ends of the kept minutes, and the sums of these keys then.

        Returns:
            Unix seconds, shape (n,), and sums, shape (n, keys); minutes in which one of them was
            not counted are left out.
        """
        query = (
            select(count_minute.c.minute, count_minute.c.layout, count_minute.c.sums)
            .where(
                count_minute.c.shard == SHARD,
                count_minute.c.minute >= int(since // 60),
                count_minute.c.minute < int(until // 60),
            )
            .order_by(count_minute.c.minute)
        )
        times, found = [], []
        with self.engine.connect() as connection:
            streamed = connection.execution_options(yield_per=ROWS_AT_ONCE)
            for row in streamed.execute(query):
                columns = self.columns_of(connection, row.layout)
                if all(key in columns for key in keys):
                    sums = np.frombuffer(row.sums, dtype="<f8")
                    found.append([sums[columns[key]] for key in keys])
                    times.append((row.minute + 1) * 60.0)
        return np.array(times), np.array(found).reshape(len(times), len(keys))

    def forget_before(self, connection: Connection, moment: float) -> None:
        """Delete minute rows that end before a moment."""
        old = count_minute.c.minute < int(moment // 60)
        connection.execute(delete(count_minute).where(count_minute.c.shard == SHARD, old))

    def layout(self, connection: Connection, keys: Sequence[str]) -> int:
        """Return the number of a layout: keys in the order of the sums of a row."""
        text = orjson.dumps(keys).decode()
        digest = sha256(text.encode()).hexdigest()
        if digest not in self._layouts:
            query = select(count_layout.c.id).where(count_layout.c.digest == digest)
            found = connection.execute(query).scalar()
            if found is None:
                # Not remembered yet: this transaction may be rolled back, and its number with it.
                written = connection.execute(insert(count_layout).values(digest=digest, names=text))
                return int((written.inserted_primary_key or (0,))[0])
            self._layouts[digest] = int(found)
        return self._layouts[digest]

    def columns_of(self, connection: Connection, layout: int) -> Mapping[str, int]:
        """Return where each key stands in the rows of a layout."""
        if layout not in self._columns:
            query = select(count_layout.c.names).where(count_layout.c.id == layout)
            keys = orjson.loads(connection.execute(query).scalar_one())
            self._columns[layout] = {key: column for column, key in enumerate(keys)}
        return self._columns[layout]
