"""What every command needs: a client, a way to print, and one place where errors end."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer
import yaml
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from controlplane.cli.exits import Exit
from controlplane.client import TrimtabClient
from controlplane.errors import Refused, TrimtabError, Unreachable
from controlplane.schemas import Shape
from controlplane.settings import read_settings

__all__ = ["Format", "FormatOption", "connected", "ending_well", "show", "show_table"]


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


FormatOption = Annotated[Format, typer.Option("-o", "--output", help="How to print the answer.")]


@contextmanager
def ending_well() -> Iterator[None]:
    """Turn errors into one line on stderr and the exit code that stands for them."""
    try:
        yield
    except TrimtabError as error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        typer.echo(f"trimtab: {error}{hint}", err=True)
        raise typer.Exit(_code(error)) from error
    except ValidationError as error:
        for fault in error.errors():
            place = ".".join(map(str, fault["loc"])) or "the answer"
            typer.echo(f"trimtab: {place}: {fault['msg']}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(Exit.INTERRUPTED) from error


def _code(error: TrimtabError) -> Exit:
    if isinstance(error, Unreachable):
        return Exit.UNREACHABLE
    return Exit.REFUSED if isinstance(error, Refused) else Exit.USAGE


@contextmanager
def connected() -> Iterator[TrimtabClient]:
    """Give a client of the control plane that the environment names."""
    settings = read_settings()
    with ending_well(), TrimtabClient(settings.url, settings.token) as client:
        yield client


def show(value: Any, form: Format) -> None:  # noqa: ANN401 -- any shape, or plain JSON
    """Print one value, or a list of them, as JSON or YAML."""
    plain = _plain(value)
    if form is Format.YAML:
        typer.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), nl=False)
    else:
        typer.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows: a table on a terminal, tab-separated lines elsewhere."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for line in [list(columns), *cells]:
            typer.echo("\t".join(line))
        return
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in cells:
        table.add_row(*line)
    Console(markup=False).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 -- as above
    if isinstance(value, Shape):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
