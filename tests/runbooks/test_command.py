from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from controlplane.cli.exits import Exit
from controlplane.client import TrimtabClient
from runbooks.command import FAILED, UNREACHABLE, USAGE, WAITING, app
from tests.controlplane.running_plane import RunningPlane
from tests.runbooks.conftest import HEAD, fence

Runbook = Callable[..., Result]
DANGER = '{"name":"change","danger":"true"}'


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with runbooks: one harmless, one that changes something, one that fails."""
    folder = tmp_path / "books"
    folder.mkdir()
    trace = tmp_path / "trace"
    (folder / "look.md").write_text(HEAD + fence('echo "$service"'))
    (folder / "change.md").write_text(HEAD + fence("true") + fence(f"touch {trace}", DANGER))
    (folder / "broken.md").write_text(HEAD + fence("exit 7"))
    return folder


@pytest.fixture
def runbook(running: RunningPlane, shelf: Path) -> Runbook:
    """Run `trimtab runbook` with arguments; the folder is added where a name is given."""

    def run(*arguments: str, url: str = running.url, answers: str = "") -> Result:
        folder = [] if arguments[0] == "log" else ["--folder", str(shelf)]
        environ = {"TRIMTAB_URL": url}
        return CliRunner().invoke(app, [*arguments, *folder], env=environ, input=answers)

    return run


def test_the_codes_are_those_of_the_command_line() -> None:
    assert (FAILED, USAGE) == (Exit.REFUSED, Exit.USAGE)
    assert (WAITING, UNREACHABLE) == (Exit.WAITING, Exit.UNREACHABLE)


def test_runbooks_are_listed_shown_and_checked(runbook: Runbook) -> None:
    assert "look\tA test\ttests" in runbook("list").stdout
    shown = runbook("show", "change").stdout
    assert "-p service=...  required" in shown
    assert "[change] (changes something)" in shown
    assert "change: ok, 2 steps" in runbook("lint").stdout


def test_lint_ends_with_two_and_names_the_fault(runbook: Runbook, shelf: Path) -> None:
    (shelf / "bad.md").write_text(HEAD)
    ended = runbook("lint")
    assert ended.exit_code == USAGE
    assert "bad: a runbook needs steps" in ended.stderr


def test_a_dry_run_shows_and_is_written_down(runbook: Runbook) -> None:
    ended = runbook("run", "change", "-p", "service=x", "--dry-run")
    assert ended.exit_code == 0
    assert "nothing was executed" in ended.stdout
    assert "\tchange\tdry-run\tsucceeded\t" in runbook("log").stdout


def test_a_run_that_went_well_ends_with_zero(runbook: Runbook) -> None:
    ended = runbook("run", "look", "-p", "service=; rm -rf x", "--yes")
    assert ended.exit_code == 0, ended.output
    assert "; rm -rf x" in ended.stdout
    assert "[step-1] succeeded (exit 0)" in ended.stdout


def test_a_run_that_failed_ends_with_one(runbook: Runbook) -> None:
    assert runbook("run", "broken", "-p", "service=x", "--yes").exit_code == FAILED


def test_yes_is_not_yes_to_danger(runbook: Runbook, tmp_path: Path, running: RunningPlane) -> None:
    ended = runbook("run", "change", "-p", "service=x", "--yes", answers="n\n")
    assert ended.exit_code == WAITING
    assert "It changes something." in ended.stdout
    assert not (tmp_path / "trace").exists()
    with TrimtabClient(running.url) as client:
        assert client.runbook_runs()[0].state == "refused"


@pytest.mark.parametrize(
    ("flags", "answers"),
    [
        pytest.param(("--allow-danger",), "", id="danger was allowed by name"),
        pytest.param(("--yes",), "y\n", id="a person said yes"),
        pytest.param((), "y\ny\n", id="a person said yes to each"),
    ],
)
def test_danger_runs_when_it_was_allowed(
    runbook: Runbook, tmp_path: Path, flags: tuple[str, ...], answers: str
) -> None:
    ended = runbook("run", "change", "-p", "service=x", *flags, answers=answers)
    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "trace").exists()


def test_nobody_to_answer_is_a_no(runbook: Runbook, tmp_path: Path) -> None:
    assert runbook("run", "change", "-p", "service=x", "--yes").exit_code == WAITING
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("run", "lok", "-p", "service=x"), "Did you mean 'look'", id="a wrong name"),
        pytest.param(("run", "look"), "needs the parameter service", id="a missing parameter"),
        pytest.param(("run", "look", "-p", "service"), "name=value", id="no value"),
    ],
)
def test_what_cannot_be_run_ends_with_two(
    runbook: Runbook, arguments: tuple[str, ...], told: str
) -> None:
    ended = runbook(*arguments)
    assert ended.exit_code == USAGE
    assert told in ended.stderr


def test_without_a_plane_nothing_is_run(runbook: Runbook, tmp_path: Path) -> None:
    arguments = ("run", "change", "-p", "service=x", "--allow-danger")
    assert runbook(*arguments, url="http://127.0.0.1:1").exit_code == UNREACHABLE
    assert not (tmp_path / "trace").exists()
