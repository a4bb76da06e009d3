from dataclasses import replace

import pytest
from sqlalchemy import Engine

from controlplane.errors import NotFound
from controlplane.store.runbook_runs import RunbookRun, RunbookRunStore

RUN = RunbookRun(
    id="run-1",
    runbook="bad-canary",
    mode="real",
    state="running",
    params={"service": "resnet"},
    actor="ada",
    steps=[{"name": "abort", "state": "running"}],
    started_at=1.0,
)


def save(engine: Engine, run: RunbookRun) -> None:
    with engine.begin() as connection:
        RunbookRunStore(engine).save(connection, run)


def test_a_run_is_rewritten_as_it_goes(engine: Engine) -> None:
    done = replace(RUN, state="succeeded", ended_at=2.0)
    save(engine, RUN)
    save(engine, done)
    assert RunbookRunStore(engine).get("run-1") == done
    assert RunbookRunStore(engine).list() == (done,)


def test_runs_are_listed_newest_first(engine: Engine) -> None:
    save(engine, RUN)
    save(engine, replace(RUN, id="run-2", started_at=5.0))
    store = RunbookRunStore(engine)
    assert [run.id for run in store.list()] == ["run-2", "run-1"]
    assert [run.id for run in store.list(limit=1)] == ["run-2"]


def test_an_unknown_run_is_told_where_to_look(engine: Engine) -> None:
    with pytest.raises(NotFound, match="'run-9'") as caught:
        RunbookRunStore(engine).get("run-9")
    assert "trimtab runbook log" in caught.value.hint
