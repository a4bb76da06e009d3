from dataclasses import replace

import pytest
from sqlalchemy import Engine

from controlplane.decide.rollout import Progress, Rollout, RolloutSpec
from controlplane.decide.rollout_state import Event, Phase
from controlplane.errors import KeyReused, NotFound
from controlplane.store.rollouts import RolloutStore

SPEC = RolloutSpec(
    service="resnet",
    version="2",
    steps=(5.0, 50.0),
    soak_seconds=10.0,
    min_requests=0,
    horizon_seconds=60.0,
    alpha=0.01,
    beta=0.05,
    error_margin=0.0005,
    error_odds=1.5,
    latency_odds=1.2,
    tolerable_errors=0.01,
    promote_on_budget=False,
)


def rollout(name: str = "r-1", *, spec: RolloutSpec = SPEC, at: float = 0.0) -> Rollout:
    return Rollout(
        id=name, generation=1, spec=spec, progress=Progress(), created_at=at, updated_at=at
    )


def create(engine: Engine, made: Rollout, key: str | None = None) -> Rollout:
    with engine.begin() as connection:
        return RolloutStore(engine).create(connection, made, idempotency_key=key)


def save(engine: Engine, changed: Rollout, *, read: int, **evidence: object) -> bool:
    with engine.begin() as connection:
        analysis = evidence or None
        return RolloutStore(engine).save(
            connection, changed, read_generation=read, analysis=analysis
        )


def test_what_is_written_is_what_is_read(engine: Engine) -> None:
    made = rollout()
    create(engine, made)
    assert RolloutStore(engine).get("r-1") == made


def test_an_unknown_rollout_is_told_where_to_look(engine: Engine) -> None:
    with pytest.raises(NotFound, match="'r-9'") as caught:
        RolloutStore(engine).get("r-9")
    assert "trimtab rollout list" in caught.value.hint


def test_the_same_key_and_spec_is_the_same_rollout(engine: Engine) -> None:
    create(engine, rollout("r-1"), "deploy-7")
    assert create(engine, rollout("r-2"), "deploy-7").id == "r-1"
    assert [found.id for found in RolloutStore(engine).list()] == ["r-1"]


def test_the_same_key_with_another_spec_is_refused(engine: Engine) -> None:
    create(engine, rollout("r-1"), "deploy-7")
    with pytest.raises(KeyReused, match="r-1"):
        create(engine, rollout("r-2", spec=replace(SPEC, version="3")), "deploy-7")


def test_without_a_key_two_requests_are_two_rollouts(engine: Engine) -> None:
    create(engine, rollout("r-1"))
    create(engine, rollout("r-2"))
    assert len(RolloutStore(engine).list()) == 2


def test_a_change_is_saved_whole(engine: Engine) -> None:
    made = rollout()
    create(engine, made)
    moved = made.measured_against("1", now=5.0).take(Event.CANARY_READY, reason="ready", now=5.0)
    assert save(engine, moved, read=1, odds=[1.0])
    assert RolloutStore(engine).get("r-1") == moved
    assert RolloutStore(engine).analysis("r-1") == {"odds": [1.0]}


def test_who_decided_on_an_old_generation_writes_nothing(engine: Engine) -> None:
    made = rollout()
    create(engine, made)
    first = made.take(Event.CANARY_READY, reason="first", now=1.0)
    late = made.take(Event.ABORT_ASKED, reason="late", now=2.0)
    assert save(engine, first, read=made.generation)
    assert not save(engine, late, read=made.generation, odds=[9.0])
    assert RolloutStore(engine).get("r-1") == first
    assert RolloutStore(engine).analysis("r-1") is None


def test_saving_without_evidence_keeps_what_there_was(engine: Engine) -> None:
    made = rollout()
    create(engine, made)
    save(engine, made, read=1, odds=[1.0])
    save(engine, made.waiting("soaking"), read=1)
    assert RolloutStore(engine).analysis("r-1") == {"odds": [1.0]}
    assert RolloutStore(engine).get("r-1").progress.reason == "soaking"


def test_there_is_no_evidence_for_a_rollout_that_is_not_there(engine: Engine) -> None:
    assert RolloutStore(engine).analysis("r-9") is None


def test_a_list_is_newest_first_and_can_be_narrowed(engine: Engine) -> None:
    ended = replace(
        rollout("r-old", at=1.0), progress=Progress(phase=Phase.SUCCEEDED, reason="done")
    )
    create(engine, ended)
    create(engine, rollout("r-new", at=3.0))
    create(engine, rollout("r-other", spec=replace(SPEC, service="bert"), at=2.0))
    store = RolloutStore(engine)
    assert [found.id for found in store.list()] == ["r-new", "r-other", "r-old"]
    assert [found.id for found in store.list(service="resnet")] == ["r-new", "r-old"]
    assert [found.id for found in store.list(active=True)] == ["r-new", "r-other"]
    assert [found.id for found in store.list(service="resnet", active=True)] == ["r-new"]
