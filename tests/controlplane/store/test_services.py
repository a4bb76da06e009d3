from sqlalchemy import Engine

from controlplane.store.services import ServiceRecord, ServiceStore


def test_a_service_is_remembered_with_the_version_before(engine: Engine) -> None:
    store = ServiceStore(engine)
    with engine.begin() as connection:
        store.save(connection, ServiceRecord(name="resnet", stable="1"), now=0.0)
        promoted = ServiceRecord(name="resnet", stable="2", previous="1")
        store.save(connection, promoted, now=1.0)
    assert ServiceStore(engine).list() == {"resnet": promoted}


def test_breakers_are_kept_by_service_and_version(engine: Engine) -> None:
    store = ServiceStore(engine)
    with engine.begin() as connection:
        for version, state in (("1", "closed"), ("2", "closed"), ("2", "open")):
            store.save_breaker(
                connection, service="resnet", version=version, state={"state": state}, now=0.0
            )
    assert ServiceStore(engine).breakers() == {
        ("resnet", "1"): {"state": "closed"},
        ("resnet", "2"): {"state": "open"},
    }


def test_a_new_database_knows_no_service(engine: Engine) -> None:
    assert ServiceStore(engine).list() == {}
    assert ServiceStore(engine).breakers() == {}
