import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from controlplane.store.trail import GENESIS, Trail, chain_hash


def write(engine: Engine, *verbs: str) -> None:
    for at, verb in enumerate(verbs):
        with engine.begin() as connection:
            Trail(engine).write(
                connection,
                now=float(at),
                actor="ada",
                verb=verb,
                subject="rollout/r-1",
                detail={"reason": "why not", "n": at},
            )


def change(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_the_newest_deed_comes_first(engine: Engine) -> None:
    write(engine, "start", "pause", "abort")
    assert [entry.verb for entry in Trail(engine).audit()] == ["abort", "pause", "start"]
    assert [entry.verb for entry in Trail(engine).audit(limit=1)] == ["abort"]


def test_an_untouched_chain_is_whole(engine: Engine) -> None:
    assert Trail(engine).first_break() is None
    write(engine, "start", "pause", "abort")
    assert Trail(engine).first_break() is None


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        pytest.param("UPDATE audit SET actor = 'eve' WHERE verb = 'pause'", "pause", id="who"),
        pytest.param("UPDATE audit SET at = 99 WHERE verb = 'start'", "start", id="when"),
        pytest.param("UPDATE audit SET detail = '{}' WHERE verb = 'abort'", "abort", id="what"),
        pytest.param("DELETE FROM audit WHERE verb = 'pause'", "abort", id="a deed is gone"),
        pytest.param("DELETE FROM audit WHERE verb = 'start'", "pause", id="the first is gone"),
    ],
)
def test_tampering_is_found_where_it_was_done(
    engine: Engine, tampering: str, found_at: str
) -> None:
    write(engine, "start", "pause", "abort")
    change(engine, tampering)
    broken = Trail(engine).first_break()
    assert broken == next(e.id for e in Trail(engine).audit() if e.verb == found_at)


def test_a_deed_that_is_rolled_back_leaves_no_entry(engine: Engine) -> None:
    with engine.connect() as connection:
        Trail(engine).write(connection, now=0.0, actor="ada", verb="start", subject="x", detail={})
        connection.rollback()
    assert Trail(engine).audit() == ()


def test_two_deeds_of_one_transaction_are_both_in_the_chain(engine: Engine) -> None:
    with engine.begin() as connection:
        for verb in ("supersede", "start"):
            Trail(engine).write(connection, now=0.0, actor="ada", verb=verb, subject="x", detail={})
    assert len(Trail(engine).audit()) == 2
    assert Trail(engine).first_break() is None


ENTRY = st.fixed_dictionaries(
    {
        "at": st.integers(0, 10**10),
        "actor": st.text(max_size=5),
        "detail": st.just({"b": 1, "a": 2}),
    }
)


@given(ENTRY)
def test_the_hash_is_that_of_the_sorted_json_after_the_hash_before(
    entry: dict[str, object],
) -> None:
    body = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    expected = hashlib.sha256(GENESIS.encode() + body.encode()).hexdigest()
    assert chain_hash(GENESIS, entry) == expected


def test_events_are_read_on_from_a_cursor(engine: Engine) -> None:
    trail = Trail(engine)
    with engine.begin() as connection:
        for subject, words in (("rollout/r-1", "a"), ("service/x", "b"), ("rollout/r-1", "c")):
            trail.tell(connection, now=0.0, kind="test", subject=subject, text=words)
    first = trail.events()
    assert [event.text for event in first] == ["a", "b", "c"]
    assert [event.text for event in trail.events(after=first[0].id)] == ["b", "c"]
    assert [event.text for event in trail.events(subject="rollout/r-1")] == ["a", "c"]
    assert trail.events(after=first[-1].id) == ()
