"""A run of a runbook: each step is written to the audit trail before it starts and when it ends."""

from collections.abc import Callable, Mapping

from controlplane.client import TrimtabClient
from controlplane.schemas import RunbookRunIn, RunbookRunOut, RunbookStep
from runbooks.document import Runbook, Step
from runbooks.execution import execute

__all__ = ["dry_run", "real_run"]

Ask = Callable[[Step], bool]
Tell = Callable[[RunbookStep], None]


def dry_run(
    client: TrimtabClient, runbook: Runbook, params: Mapping[str, str], *, actor: str
) -> RunbookRunOut:
    """Show what would run, and write down that somebody looked. Nothing is executed."""
    steps = [_step(step, "planned") for step in runbook.steps]
    run = _report(runbook, params, actor=actor, mode="dry-run", state="succeeded", steps=steps)
    return client.start_runbook_run(run)


def real_run(
    client: TrimtabClient,
    runbook: Runbook,
    params: Mapping[str, str],
    *,
    actor: str,
    ask: Ask,
    tell: Tell,
) -> RunbookRunOut:
    """Run step after step until one fails or is refused; the trail is written as it goes.

    Args:
        client: Where the run is recorded.
        runbook: What to run.
        params: Checked parameters.
        actor: Who runs it.
        ask: Called before each step; False refuses it and ends the run.
        tell: Called with each step when it has ended.
    """
    done: list[RunbookStep] = []
    begun = client.start_runbook_run(
        _report(runbook, params, actor=actor, mode="real", state="running", steps=done)
    )
    state = "succeeded"
    variables = {**params, "TRIMTAB_RUN_ID": begun.id, "TRIMTAB_URL": client.url}
    for step in runbook.steps:
        ended = _step(step, "refused")
        if ask(step):
            steps = [*done, _step(step, "running")]
            running = _report(
                runbook, params, actor=actor, mode="real", state="running", steps=steps
            )
            client.save_runbook_run(begun.id, running)
            ended = _executed(step, variables)
        done.append(ended)
        tell(ended)
        if ended.state != "succeeded":
            state = ended.state
            break
    final = _report(runbook, params, actor=actor, mode="real", state=state, steps=done)
    return client.save_runbook_run(begun.id, final)


def _step(step: Step, state: str) -> RunbookStep:
    return RunbookStep(name=step.name, command=step.command, state=state)


def _executed(step: Step, variables: Mapping[str, str]) -> RunbookStep:
    result = execute(step, variables)
    return RunbookStep(
        name=step.name,
        command=step.command,
        state="succeeded" if result.ok else "failed",
        exit_code=result.exit_code,
        output=result.output,
    )


def _report(
    runbook: Runbook,
    params: Mapping[str, str],
    *,
    actor: str,
    mode: str,
    state: str,
    steps: list[RunbookStep],
) -> RunbookRunIn:
    return RunbookRunIn(
        runbook=runbook.name,
        mode=mode,
        state=state,
        params=dict(params),
        actor=actor,
        steps=tuple(steps),
    )
