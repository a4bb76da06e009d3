from collections.abc import Iterator
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from controlplane.store.past_sums import PastSums

MINUTE = 60.0


def save(engine: Engine, store: CountStore, at: float, sums: dict[str, float]) -> None:
    with engine.begin() as connection:
        store.save(connection, now=at, ledger=f"as of {at}".encode(), sums=sums)


def test_a_new_database_remembers_nothing(engine: Engine) -> None:
    store = CountStore(engine)
    assert store.load() is None
    assert store.began() is None
    assert store.sums_at(1e9) is None


def test_a_thousand_slos_fit_into_a_row(engine: Engine) -> None:
    sums = {
        f"slo/fast:{sha256(bytes(4) + bytes([n % 256, n // 256])).hexdigest()[:12]}/total": float(n)
        for n in range(2000)
    }
    for _ in range(2):  # a new layout, and one that is known
        save(engine, CountStore(engine), 10.0, sums)
    row = CountStore(engine).sums_at(MINUTE)
    assert row is not None
    assert {name: row.get(name, 0.0) for name in sums} == sums


def test_a_past_is_in_every_row_of_every_database(engine: Engine) -> None:
    store = CountStore(engine)
    for minute in range(0, 40, 2):
        save(engine, store, minute * MINUTE, {"a": float(minute)})
    past = PastSums(times=np.array([0.0, 10.0, 20.0]) * MINUTE, sums=np.array([0.0, 3.0, 5.0]))
    with engine.begin() as connection:
        store.add_past(connection, {"b": past})
    times, sums = CountStore(engine).sums_between(["a", "b"], since=0.0, until=40 * MINUTE)
    assert times.tolist() == sorted(times.tolist())
    assert {
        at: tuple(row) for at, row in zip(times / MINUTE, sums.tolist(), strict=True)
    }.items() >= {
        1.0: (0.0, 0.0),
        9.0: (8.0, 0.0),
        10.0: (8.0, 3.0),
        20.0: (18.0, 5.0),
        39.0: (38.0, 5.0),
    }.items()


def test_the_last_ledger_comes_back(engine: Engine) -> None:
    store = CountStore(engine)
    save(engine, store, 10.0, {"a": 1.0})
    save(engine, store, 20.0, {"a": 2.0})
    assert CountStore(engine).load() == (20.0, b"as of 20.0")


def test_a_minute_is_one_row_that_stands_for_its_end(engine: Engine) -> None:
    store = CountStore(engine)
    save(engine, store, 0.0, {"a": 1.0})
    save(engine, store, 59.0, {"a": 7.0})
    row = CountStore(engine).sums_at(MINUTE)
    assert row is not None
    assert row.at == MINUTE
    assert row.get("a", 0.0) == 7.0


def test_a_minute_that_has_not_ended_is_not_a_past(engine: Engine) -> None:
    store = CountStore(engine)
    save(engine, store, 0.0, {"a": 1.0})
    assert store.sums_at(59.9) is None


def test_the_newest_past_that_is_old_enough_is_taken(engine: Engine) -> None:
    store = CountStore(engine)
    for minute in (0, 1, 5):
        save(engine, store, minute * MINUTE, {"a": float(minute)})
    row = store.sums_at(4 * MINUTE)
    assert row is not None
    assert (row.at, row.get("a", 0.0)) == (2 * MINUTE, 1.0)


def test_rows_of_different_keys_are_each_read_by_their_own(engine: Engine) -> None:
    store = CountStore(engine)
    save(engine, store, 0.0, {"b": 2.0, "a": 1.0})
    save(engine, store, MINUTE, {"c": 3.0})
    fresh = CountStore(engine)
    early, late = fresh.sums_at(MINUTE), fresh.sums_at(2 * MINUTE)
    assert early is not None
    assert late is not None
    assert [early.get(key, -1.0) for key in "abc"] == [1.0, 2.0, -1.0]
    assert [late.get(key, -1.0) for key in "abc"] == [-1.0, -1.0, 3.0]


def test_what_is_rolled_back_is_not_remembered_as_written(engine: Engine) -> None:
    """A layout's number must not outlive the transaction that made it."""
    store = CountStore(engine)
    with engine.connect() as connection:
        store.save(connection, now=0.0, ledger=b"", sums={"a": 1.0})
        connection.rollback()
    save(engine, store, 0.0, {"a": 5.0})
    row = CountStore(engine).sums_at(MINUTE)
    assert row is not None
    assert row.get("a", 0.0) == 5.0


def test_what_no_window_can_reach_is_forgotten(engine: Engine) -> None:
    store = CountStore(engine)
    for minute in range(4):
        save(engine, store, minute * MINUTE, {"a": float(minute)})
    with engine.begin() as connection:
        store.forget_before(connection, 2 * MINUTE)
    assert store.began() == 2 * MINUTE
    assert store.sums_at(2 * MINUTE) is None


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Engine]:
    opened = open_database("sqlite://")
    yield opened
    opened.dispose()


@settings(deadline=None)
@given(sums=st.dictionaries(st.text(max_size=8), st.integers(0, 2**53 - 1), max_size=5))
def test_whole_numbers_come_back_exactly(in_memory: Engine, sums: dict[str, int]) -> None:
    written = {key: float(value) for key, value in sums.items()}
    save(in_memory, CountStore(in_memory), 0.0, written)
    row = CountStore(in_memory).sums_at(MINUTE)
    assert row is not None
    assert {key: int(row.get(key, -1.0)) for key in sums} == sums
