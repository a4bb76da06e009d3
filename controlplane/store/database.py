"""The database: opened, migrated, and tuned for one writer that may be killed at any moment."""

from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.exc import ArgumentError, OperationalError

from controlplane.errors import InvalidConfig

__all__ = ["open_database"]

MIGRATION_LOCK = 0x7472696D
"""Any number that nobody else locks; this one is "trim"."""


def open_database(address: str) -> Engine:
    """Open the database and bring its tables up to date.

    Args:
        address: In SQLAlchemy's form, for example ``sqlite:///trimtab.db``.

    Raises:
        InvalidConfig: The address is malformed, or nothing can be opened there.
    """
    try:
        engine = create_engine(address, pool_pre_ping=not address.startswith("sqlite"))
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _tune_sqlite)
        migrate(engine)
    except (ArgumentError, OperationalError, ModuleNotFoundError) as error:
        reason = str(error).splitlines()[0]
        msg = f"The database {_shown(address)} cannot be opened: {reason}."
        hint = "write for example storage: {database: 'sqlite:///trimtab.db'}"
        raise InvalidConfig(msg, hint=hint) from error
    return engine


def migrate(engine: Engine) -> None:
    """Run every migration that the database has not seen."""
    config = Config()
    config.set_main_option("script_location", str(files("controlplane.store") / "migrations"))
    with engine.begin() as connection:
        # Of two that start at once, the second one waits and finds everything done.
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        elif engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _shown(address: str) -> str:
    """The address without what stands before the host: a password may be in it."""
    return address.rpartition("@")[2]


def _tune_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401 -- DB-API objects
    """WAL with NORMAL: kill -9 loses nothing that was committed, power loss never tears."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
