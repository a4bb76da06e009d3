"""The lease as a row: taken, renewed, let go, and checked by whoever writes under it."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, Float, func, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from controlplane.decide.lease import Claim, Held, claim
from controlplane.store.tables import lease as table

__all__ = ["LeaseStore"]

NAME = "plane"
"""There is one lease: who holds it does everything."""
UNIX_EPOCH_DAY = 2_440_587.5
DAY_SECONDS = 86_400.0


class LeaseStore:
    """Reads and writes the lease. Its time is the database's, so that clocks need not agree.

    Args:
        engine: Of a database that holds the tables.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self) -> Held | None:
        """Return the lease as it is written down."""
        with self._engine.connect() as connection:
            return _read(connection)

    def take(self, *, holder: str, url: str, seconds: float, gone: Callable[[str], bool]) -> Claim:
        """Take the lease if nobody holds it.

        Args:
            holder: Name of this process.
            url: Where it answers.
            seconds: How long the lease runs unless renewed.
            gone: Whether the process of a name is known to have ended.
        """
        with self._engine.begin() as connection:
            held = _read(connection)
            now = _now(connection)
            asked = claim(held, now=now, gone=held is not None and gone(held.holder))
            if asked.fencing is None:
                return asked
            row: dict[str, str | int | float] = {
                "holder": holder,
                "url": url,
                "fencing": asked.fencing,
                "expires_at": now + seconds,
            }
            if _written(connection, held, row):
                return asked
        return Claim(fencing=None, reason="another control plane took the lease just now")

    def renew(self, fencing: int, *, seconds: float) -> bool:
        """Let the lease run on; return False when somebody else has taken it.

        One that ran out and that nobody took is still ours: nobody acted since.
        """
        with self._engine.begin() as connection:
            ours = update(table).where(table.c.name == NAME, table.c.fencing == fencing)
            later = ours.values(expires_at=_now(connection) + seconds)
            return connection.execute(later).rowcount == 1

    def release(self, fencing: int) -> None:
        """Let go, so that the next one need not wait."""
        with self._engine.begin() as connection:
            ours = update(table).where(table.c.name == NAME, table.c.fencing == fencing)
            connection.execute(ours.values(holder="", expires_at=0.0))

    @staticmethod
    def holds(connection: Connection, fencing: int) -> bool:
        """Whether nobody has taken the lease since; nobody can before this transaction ends.

        SQLite lets one write at a time. PostgreSQL keeps the row as it is for as long as it is read
        FOR SHARE, so whoever takes the lease waits until what is written here is.
        """
        query = select(table.c.fencing).where(table.c.name == NAME).with_for_update(read=True)
        return connection.execute(query).scalar() == fencing


def _read(connection: Connection) -> Held | None:
    query = select(table.c.holder, table.c.url, table.c.fencing, table.c.expires_at)
    row = connection.execute(query.where(table.c.name == NAME).with_for_update()).first()
    if row is None:
        return None
    return Held(holder=row.holder, url=row.url, fencing=row.fencing, expires_at=row.expires_at)


def _written(connection: Connection, held: Held | None, row: dict[str, str | int | float]) -> bool:
    """Write the lease, unless it is no longer what was read: it may have been renewed or taken."""
    if held is None:
        try:
            with connection.begin_nested():
                connection.execute(table.insert().values(name=NAME, **row))
        except IntegrityError:
            return False
        return True
    same = (
        (table.c.name == NAME)
        & (table.c.fencing == held.fencing)
        & (table.c.holder == held.holder)
        & (table.c.expires_at == held.expires_at)
    )
    return connection.execute(update(table).where(same).values(**row)).rowcount == 1


def _now(connection: Connection) -> float:
    """Return the database's wall time, Unix seconds."""
    if connection.dialect.name == "sqlite":
        days = literal_column(f"julianday('now') - {UNIX_EPOCH_DAY}", Float)
        return float(connection.execute(select(days)).scalar_one()) * DAY_SECONDS
    return float(
        connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one()
    )
