from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from controlplane.errors import InvalidConfig
from controlplane.store.counts import CountStore
from controlplane.store.database import migrate, open_database
from controlplane.store.tables import METADATA


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_a_new_database_gets_every_table(engine: Engine) -> None:
    assert tables(engine) == {*METADATA.tables, "alembic_version"}


def test_migrations_end_where_the_tables_are(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_twice_changes_nothing_and_keeps_the_rows(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO service (name, stable, updated_at) VALUES ('resnet', '1', 0)")
        )
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT stable FROM service")).scalar_one() == "1"


def test_layouts_of_counts_are_found_again_by_their_digests(address: str) -> None:
    """What an older version wrote stays what it was."""
    engine = open_database(address)
    config = Config()
    config.set_main_option("script_location", str(files("controlplane.store") / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")
        connection.execute(text("""INSERT INTO count_layout (names) VALUES ('["a"]'), ('["b"]')"""))
        command.upgrade(config, "head")
    store = CountStore(engine)
    with engine.begin() as connection:
        known = [store.layout(connection, [name]) for name in ("a", "b")]
        new = store.layout(connection, ["c"])
        assert [store.columns_of(connection, number) for number in known] == [{"a": 0}, {"b": 0}]
        assert new not in known
    engine.dispose()


def test_every_migration_can_be_taken_back(address: str) -> None:
    engine = open_database(address)
    config = Config()
    config.set_main_option("script_location", str(files("controlplane.store") / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert tables(engine) == {"alembic_version"}
    engine.dispose()


def test_opening_again_finds_the_same_database(address: str) -> None:
    first = open_database(address)
    first.dispose()
    second = open_database(address)
    assert tables(second) >= set(METADATA.tables)
    second.dispose()


def test_a_file_database_survives_a_kill_and_waits_for_other_writers(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 5000
    engine.dispose()


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("trimtab.db", id="a bare file name is no address"),
        pytest.param("sqlite:////no/such/folder/x.db", id="a folder that is not there"),
        pytest.param("nosuchdriver://x", id="a database nobody knows"),
        pytest.param("postgresql+psycopg://127.0.0.1:1/x?connect_timeout=1", id="nobody answers"),
    ],
)
def test_what_cannot_be_opened_is_told_how_to_write_it(address: str) -> None:
    with pytest.raises(InvalidConfig, match="cannot be opened") as caught:
        open_database(address)
    assert "sqlite:///trimtab.db" in caught.value.hint


def test_a_password_in_the_address_is_not_shown() -> None:
    with pytest.raises(InvalidConfig) as caught:
        open_database("postgresql+psycopg://ada:hunter2@127.0.0.1:1/x?connect_timeout=1")
    assert "hunter2" not in str(caught.value) + caught.value.hint
    assert "127.0.0.1:1/x" in str(caught.value)
