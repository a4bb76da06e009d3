from pathlib import Path

from controlplane.client import TrimtabClient
from controlplane.schemas import RunbookStep
from runbooks.document import read_runbook
from runbooks.run import dry_run, real_run
from tests.controlplane.running_plane import RunningPlane
from tests.runbooks.conftest import HEAD, fence


def test_a_dry_run_is_written_down_and_runs_nothing(client: TrimtabClient, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    book = read_runbook("test", HEAD + fence(f"touch {trace}"))
    planned = dry_run(client, book, {"service": "x"}, actor="ada")
    assert not trace.exists()
    assert [step.state for step in planned.steps] == ["planned"]
    (found,) = client.runbook_runs()
    assert (found.mode, found.actor, found.params) == ("dry-run", "ada", {"service": "x"})


def test_a_real_run_is_written_down_before_and_after_each_step(
    client: TrimtabClient, running: RunningPlane
) -> None:
    here = f"trimtab runbook log | grep $TRIMTAB_RUN_ID && test $TRIMTAB_URL = {running.url}"
    book = read_runbook("test", HEAD + fence('echo "$service"') + fence(here))
    told: list[RunbookStep] = []
    ended = real_run(
        client, book, {"service": "; exit 9"}, actor="ada", ask=lambda _: True, tell=told.append
    )
    assert ended.state == "succeeded", ended.steps
    assert told[0].output == "; exit 9\n"
    trail = [entry.detail["steps"] for entry in reversed(client.audit())]
    assert [[step["state"] for step in steps] for steps in trail] == [
        [],
        ["running"],
        ["succeeded", "running"],
        ["succeeded", "succeeded"],
    ]


def test_a_step_that_fails_ends_the_run(client: TrimtabClient, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    book = read_runbook("test", HEAD + fence("exit 7") + fence(f"touch {trace}"))
    ended = real_run(client, book, {}, actor="ada", ask=lambda _: True, tell=lambda _: None)
    assert (ended.state, [step.exit_code for step in ended.steps]) == ("failed", [7])
    assert ended.ended_at is not None
    assert not trace.exists()


def test_a_step_that_is_refused_is_not_run_and_ends_the_run(
    client: TrimtabClient, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    book = read_runbook("test", HEAD + fence("true") + fence(f"touch {trace}", '{"danger":"true"}'))
    ended = real_run(
        client, book, {}, actor="ada", ask=lambda step: not step.danger, tell=lambda _: None
    )
    assert ended.state == "refused"
    assert [step.state for step in ended.steps] == ["succeeded", "refused"]
    assert not trace.exists()
