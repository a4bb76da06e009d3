from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from controlplane.cli.option_groups import with_option_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where."""

    floor: Annotated[int, typer.Option(help="Counted from the ground.")] = 0
    names: Annotated[list[str] | None, typer.Option("--name", help="May come again.")] = None


def run(*arguments):
    app, seen = typer.Typer(), []

    @app.command()
    @with_option_groups
    def go(place: Place, *, loud: Annotated[bool, typer.Option("--loud")] = False) -> None:
        """Go there."""
        seen.append((place, loud))

    return CliRunner().invoke(app, arguments), seen


def test_fields_are_options_and_come_back_as_the_dataclass() -> None:
    assert run()[1] == [(Place(), False)]
    found, seen = run("--floor", "3", "--name", "a", "--name", "b", "--loud")
    assert found.exit_code == 0
    assert seen == [(Place(floor=3, names=["a", "b"]), True)]


def test_the_help_is_that_of_the_command_and_of_the_fields() -> None:
    told = run("--help")[0].stdout
    assert "Go there." in told
    assert "Counted from the ground." in told


def test_what_is_no_value_of_a_field_is_refused() -> None:
    assert run("--floor", "top")[0].exit_code == 2
