"""Databases: SQLite always, and a real PostgreSQL where one is installed."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from controlplane.store.database import open_database
from controlplane.store.tables import METADATA

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
IS_ROOT = os.geteuid() == 0
START_SECONDS = 30


def as_plain_user(command: list[str], *more: str) -> list[str]:
    """PostgreSQL refuses to run as root; whoever is not root stays who they are."""
    user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if IS_ROOT else []
    return ["setpriv", *user, *more, *command]


@contextmanager
def started(programs: Path, folder: Path, port: int) -> Iterator[None]:
    """Run a new server until the block ends. It ends with this process, however that ends."""
    data = str(folder / "data")
    initdb = [str(programs / "initdb"), "-D", data, "-U", "trimtab", "-A", "trust"]
    subprocess.run(as_plain_user(initdb), check=True, stdout=subprocess.DEVNULL, cwd=folder)
    with serving(programs, folder, port):
        yield


@contextmanager
def serving(programs: Path, folder: Path, port: int) -> Iterator[None]:
    """Run a server on the data that are there, until the block ends."""
    data = str(folder / "data")
    address = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(folder)]
    command = as_plain_user(
        [str(programs / "postgres"), "-D", data, "-F", *address], "--pdeathsig=QUIT"
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        wait_for(port, server)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(START_SECONDS)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until somebody can log in."""
    for _ in range(START_SECONDS * 20):
        assert server.poll() is None, "PostgreSQL ended before it began"
        try:
            execute(f"postgresql+psycopg://trimtab@127.0.0.1:{port}/postgres", "SELECT 1")
        except OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"PostgreSQL did not start within {START_SECONDS} s")


def need_postgresql() -> None:
    """Skip where no server can be started."""
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
    if not PROGRAMS or shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL is not installed: no pg_ctl under /usr/lib/postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty server that lives as long as the tests."""
    need_postgresql()
    with place_of_its_own() as (folder, port), started(PROGRAMS[-1].parent, folder, port):
        yield f"postgresql+psycopg://trimtab@127.0.0.1:{port}/postgres"


@contextmanager
def place_of_its_own() -> Iterator[tuple[Path, int]]:
    """Give a folder that the server's user may write, and a free port."""
    folder = Path(tempfile.mkdtemp(prefix="trimtab-pg-"))
    if IS_ROOT:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        yield folder, port
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
