"""Databases: SQLite always, and a real PostgreSQL where one is installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from controlplane.store.database import open_database
from controlplane.store.tables import METADATA

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
ROOT_MUST_STEP_DOWN = os.name == "posix" and os.geteuid() == 0


def as_plain_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if not ROOT_MUST_STEP_DOWN:
        return command
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("PostgreSQL does not run as root, and there is no setpriv to step down with")
    return [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


def run(command: list[str], folder: Path) -> None:
    subprocess.run(as_plain_user(command), check=True, stdout=subprocess.DEVNULL, cwd=folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty server that lives as long as the tests."""
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed: no pg_ctl under /usr/lib/postgresql")
    folder, programs = Path(tempfile.mkdtemp(prefix="trimtab-pg-")), PROGRAMS[-1].parent
    if ROOT_MUST_STEP_DOWN:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, control = folder / "data", str(programs / "pg_ctl")
    options = f"-F -p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    try:
        run([str(programs / "initdb"), "-D", str(data), "-U", "trimtab", "-A", "trust"], folder)
        log = str(folder / "log")
        run([control, "-D", str(data), "-o", options, "-l", log, "-w", "start"], folder)
        try:
            yield f"postgresql+psycopg://trimtab@127.0.0.1:{port}/postgres"
        finally:
            run([control, "-D", str(data), "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


def execute(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'trimtab.db'}"
    found: str = request.getfixturevalue("postgres")
    execute(found, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return found


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One migrated file for all tests."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('store') / 'trimtab.db'}")
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def migrated_postgresql(postgres: str) -> Iterator[Engine]:
    """One migrated database for all tests."""
    execute(postgres, "CREATE DATABASE migrated")
    opened = open_database(postgres.removesuffix("postgres") + "migrated")
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated database of each kind, without a row."""
    opened: Engine = request.getfixturevalue(f"migrated_{request.param}")
    with opened.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(table.delete())
    return opened
