from sqlalchemy import Engine, func, select

from controlplane.store.tables import service
from controlplane.store.writing import put


def test_a_row_is_inserted_once_and_then_changed(engine: Engine) -> None:
    for stable in ("1", "2", "2"):
        with engine.begin() as connection:
            row = {"stable": stable, "previous": None, "updated_at": 0.0}
            put(connection, service, {"name": "resnet"}, row)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(service)).scalar_one() == 1
        assert connection.execute(select(service.c.stable)).scalar_one() == "2"


def test_other_keys_are_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        for name in ("a", "b"):
            put(connection, service, {"name": name}, {"stable": name, "updated_at": 0.0})
        put(connection, service, {"name": "a"}, {"stable": "new", "updated_at": 1.0})
    with engine.connect() as connection:
        query = select(service.c.name, service.c.stable).order_by(service.c.name)
        assert [tuple(row) for row in connection.execute(query)] == [("a", "new"), ("b", "b")]


def test_a_row_whose_transaction_breaks_off_leaves_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        put(connection, service, {"name": "a"}, {"stable": "1", "updated_at": 0.0})
        connection.rollback()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(service)).scalar_one() == 0
