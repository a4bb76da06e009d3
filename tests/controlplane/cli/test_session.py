import json

import pytest
import typer
import yaml
from rich.console import Console

from controlplane.cli import session
from controlplane.cli.exits import EXITS, Exit
from controlplane.cli.session import Format, ending_well, show, show_table
from controlplane.errors import InvalidConfig, NotFound, Refused, Unreachable
from tests.controlplane.running_plane import RunningPlane

LISTS = (
    ("target", "list"),
    ("slo", "list"),
    ("alert", "list"),
    ("alert", "deliveries"),
    ("breaker", "list"),
    ("probe", "list"),
    ("rollout", "list"),
    ("scale", "show"),
)


def test_every_exit_code_is_explained() -> None:
    assert set(EXITS) == set(Exit)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(Unreachable("nobody"), Exit.UNREACHABLE, id="nobody answers"),
        pytest.param(Refused("no"), Exit.REFUSED, id="the answer is no"),
        pytest.param(NotFound("what"), Exit.USAGE, id="no such name"),
        pytest.param(InvalidConfig("bad"), Exit.USAGE, id="a file that cannot be used"),
        pytest.param(KeyboardInterrupt(), Exit.INTERRUPTED, id="interrupted"),
    ],
)
def test_an_error_ends_with_its_code(error: BaseException, code: Exit) -> None:
    with pytest.raises(typer.Exit) as caught, ending_well():
        raise error
    assert caught.value.exit_code == code


def test_an_error_is_one_line_and_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), ending_well():
        raise Refused("not now", hint="wait")
    assert capsys.readouterr().err == "trimtab: not now\n  hint: wait\n"


def test_every_list_can_be_read_by_people_and_programs(trimtab, running: RunningPlane) -> None:
    running.burn()
    for command in LISTS:
        table = trimtab(*command)
        assert table.exit_code == 0, table.output
        plain = json.loads(trimtab(*command, "-o", "json").stdout)
        assert yaml.safe_load(trimtab(*command, "-o", "yaml").stdout) == plain
        assert len(table.stdout.splitlines()) == 1 + len(plain)


def test_every_command_shows_an_example() -> None:
    from typer.main import get_command  # noqa: PLC0415

    from controlplane.cli import app  # noqa: PLC0415

    nouns = get_command(app).commands
    for noun in ("alert", "breaker", "probe", "rollout", "runbook", "scale", "slo", "target"):
        for verb in nouns[noun].commands.values():
            assert f"trimtab {noun}" in verb.help, f"{noun} {verb.name} shows no example"


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_without_a_plane_every_list_says_so_and_ends_with_six(
    trimtab, command: tuple[str, ...]
) -> None:
    ended = trimtab(*command, url="http://127.0.0.1:1")
    assert ended.exit_code == Exit.UNREACHABLE
    assert "No control plane answers" in ended.stderr
    assert ended.stdout == ""


def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(record=True, width=60, force_terminal=False)
    monkeypatch.setattr(session.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(session, "Console", lambda **_: console)
    show_table("targets", ("name", "weight"), [("[red]a", 0.123456), (None, 1)])
    text = console.export_text()
    assert "targets" in text
    assert "0.1235" in text
    assert "-" in text


def test_elsewhere_lines_are_split_by_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("targets", ("name", "weight"), [("a", 0.5), (None, 1)])
    assert capsys.readouterr().out == "name\tweight\na\t0.5\n-\t1\n"


def test_plain_values_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show({"a": [1, None]}, Format.JSON)
    assert json.loads(capsys.readouterr().out) == {"a": [1, None]}
