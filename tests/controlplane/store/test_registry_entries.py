from dataclasses import replace

from sqlalchemy import Engine

from controlplane.decide.delivery import Delivery
from controlplane.decide.rollout import Rollout
from controlplane.store.registry_entries import Followed, Heard, RegistryEntries
from tests.controlplane.store.test_rollouts import SPEC, rollout

V2 = Followed(model="resnet", alias="champion", version="2")
TAKEN = Delivery(state="delivered", next_at=5.0, attempts=0, detail="tags are set")


def add(engine: Engine, made: Rollout, followed: Followed | None = V2) -> RegistryEntries:
    entries = RegistryEntries(engine)
    with engine.begin() as connection:
        entries.add(connection, made, followed)
    return entries


def test_what_was_told_is_remembered_and_what_is_settled_is_told_no_more(engine: Engine) -> None:
    entries = add(engine, rollout("r-1", at=1.0))
    assert entries.due(0.5) == ()
    (entry,) = entries.due(1.0)
    with engine.begin() as connection:
        entries.told(connection, entry, written={"a": "b"}, state="pending", delivery=TAKEN)
    (told,) = entries.due(5.0)
    assert (told.written, told.detail) == ({"a": "b"}, "tags are set")
    with engine.begin() as connection:
        entries.told(connection, told, written={"a": "c"}, state="settled", delivery=TAKEN)
    assert entries.due(99.0) == ()
    assert entries.list()[0].written == {"a": "c"}


def test_a_newer_rollout_of_a_version_is_told_in_place_of_the_older(engine: Engine) -> None:
    entries = add(engine, rollout("r-1", at=1.0))
    (old,) = entries.due(1.0)
    again = rollout("r-2", at=2.0, spec=replace(SPEC, parent="r-1"))
    add(engine, again, None)
    assert [entry.rollout_id for entry in entries.due(9.0)] == ["r-2"]
    with engine.begin() as connection:
        entries.told(connection, old, written={"late": "x"}, state="pending", delivery=TAKEN)
    assert [entry.rollout_id for entry in entries.due(9.0)] == ["r-2"]


def test_what_takes_a_version_back_is_no_rollout_of_it(engine: Engine) -> None:
    entries = add(engine, rollout("r-1", at=1.0))
    add(engine, rollout("r-2", at=2.0, spec=replace(SPEC, parent="r-1", version="1")), None)
    add(engine, rollout("r-3", at=3.0), None)
    assert [entry.rollout_id for entry in entries.list()] == ["r-1"]


def test_where_an_alias_stood_is_remembered(engine: Engine) -> None:
    entries = RegistryEntries(engine)
    assert entries.heard("resnet", "champion") is None
    for version, now in (("1", 1.0), ("2", 2.0)):
        with engine.begin() as connection:
            entries.hear(connection, "resnet", "champion", version, now=now)
    assert entries.heard("resnet", "champion") == Heard(version="2", at=2.0)
