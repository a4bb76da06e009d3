from sqlalchemy import Engine

from controlplane.store.pushes import PushStore


def test_rows_are_written_changed_and_deleted(engine: Engine) -> None:
    store = PushStore(engine)
    assert store.load() == {}
    with engine.begin() as connection:
        store.save(connection, "a", {"since": 3, "stream/1": [[0], [1.5], 7], "series/0": ["n"]})
        store.save(connection, "b", {"since": 4})
    with engine.begin() as connection:
        store.save(connection, "a", {"stream/1": None, "series/0": ["n", 2.0], "gone": None})
        store.save(connection, "b", {})
    assert store.load() == {"a": {"since": 3, "series/0": ["n", 2.0]}, "b": {"since": 4}}


def test_what_is_rolled_back_was_never_written(engine: Engine) -> None:
    store = PushStore(engine)
    with engine.connect() as connection:
        store.save(connection, "a", {"since": 3})
        connection.rollback()
    assert store.load() == {}
