"""trimtab runbook: runbooks that run."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from controlplane.client import TrimtabClient
from controlplane.errors import TrimtabError, Unreachable
from controlplane.schemas import RunbookRunOut, RunbookStep
from controlplane.settings import read_settings
from runbooks.document import Step, check_params
from runbooks.errors import RunbookError
from runbooks.run import dry_run, real_run
from runbooks.shelf import find_runbook, list_runbooks

__all__ = ["app"]

app = typer.Typer(name="runbook", help="Runbooks that run.", no_args_is_help=True)

FAILED, USAGE, WAITING, UNREACHABLE = 1, 2, 4, 6
Folder = Annotated[Path | None, typer.Option("--folder", help="A folder of your own runbooks.")]


@app.command("list")
def list_all(folder: Folder = None) -> None:
    """List runbooks.

    Example: trimtab runbook list
    """
    with _ending_well():
        for runbook in list_runbooks(folder):
            typer.echo(f"{runbook.name}\t{runbook.title}\t{runbook.owner}")


@app.command("show")
def show(name: str, folder: Folder = None) -> None:
    """Show a runbook's parameters and steps.

    Example: trimtab runbook show bad-canary
    """
    with _ending_well():
        runbook = find_runbook(name, folder)
        typer.echo(f"{runbook.title} (owner {runbook.owner})")
        for param in runbook.params:
            need = "required" if param.required else "optional"
            typer.echo(f"  -p {param.name}=...  {need}, fits {param.pattern}")
        for step in runbook.steps:
            mark = " (changes something)" if step.danger else ""
            typer.echo(f"\n[{step.name}]{mark}\n{step.command}")


@app.command("lint")
def lint(folder: Folder = None) -> None:
    """Check every runbook; exit 2 names the first fault.

    Example: trimtab runbook lint --folder runbooks/
    """
    with _ending_well():
        for runbook in list_runbooks(folder):
            typer.echo(f"{runbook.name}: ok, {len(runbook.steps)} steps")


@app.command("run")
def run(
    name: str,
    param: Annotated[list[str] | None, typer.Option("-p", "--param", help="name=value")] = None,
    folder: Folder = None,
    *,
    plan_only: Annotated[bool, typer.Option("--dry-run", help="Show; run nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before harmless steps.")] = False,
    allow_danger: Annotated[
        bool, typer.Option("--allow-danger", help="Nor before steps that change something.")
    ] = False,
) -> None:
    """Run a runbook, or show what would run; both are written to the audit trail.

    Example: trimtab runbook run bad-canary -p service=resnet -p rollout=r-1f2e3d4c5b
    """
    settings = read_settings()
    with _ending_well(), TrimtabClient(settings.url, settings.token) as client:
        runbook = find_runbook(name, folder)
        params = check_params(runbook, _pairs(param or []))
        actor = getpass.getuser()
        if plan_only:
            _print_plan(dry_run(client, runbook, params, actor=actor))
            return
        ask = _asker(yes=yes, allow_danger=allow_danger)
        ended = real_run(client, runbook, params, actor=actor, ask=ask, tell=_print_step)
        typer.echo(f"{ended.id}: {ended.state}")
        codes = {"failed": FAILED, "refused": WAITING}
        raise typer.Exit(codes.get(ended.state, 0))


@app.command("log")
def log() -> None:
    """List runs, newest first.

    Example: trimtab runbook log
    """
    settings = read_settings()
    with _ending_well(), TrimtabClient(settings.url, settings.token) as client:
        for found in client.runbook_runs():
            typer.echo(f"{found.id}\t{found.runbook}\t{found.mode}\t{found.state}\t{found.actor}")


@contextmanager
def _ending_well() -> Iterator[None]:
    try:
        yield
    except (RunbookError, TrimtabError) as error:
        typer.echo(f"trimtab: {error}", err=True)
        raise typer.Exit(UNREACHABLE if isinstance(error, Unreachable) else USAGE) from error


def _pairs(given: list[str]) -> dict[str, str]:
    bad = [text for text in given if "=" not in text]
    if bad:
        msg = f"-p takes name=value, not {bad[0]!r}."
        raise typer.BadParameter(msg)
    return dict(text.split("=", 1) for text in given)


def _asker(*, yes: bool, allow_danger: bool) -> Callable[[Step], bool]:
    def ask(step: Step) -> bool:
        if allow_danger if step.danger else yes or allow_danger:
            return True
        mark = " It changes something." if step.danger else ""
        try:
            return typer.confirm(f"{step.command}\nRun [{step.name}]?{mark}")
        except typer.Abort:
            return False

    return ask


def _print_plan(planned: RunbookRunOut) -> None:
    for step in planned.steps:
        typer.echo(f"[{step.name}]\n{step.command}\n")
    typer.echo(f"{planned.id}: dry run, nothing was executed")


def _print_step(step: RunbookStep) -> None:
    code = "" if step.exit_code is None else f" (exit {step.exit_code})"
    typer.echo(f"[{step.name}] {step.state}{code}\n{step.output}".rstrip())
