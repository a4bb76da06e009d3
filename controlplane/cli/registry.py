"""trimtab registry: which rollouts a model registry asked for, and what it was told."""

import typer

from controlplane.cli.session import Format, FormatOption, connected, show, show_table

__all__ = ["app"]

app = typer.Typer(name="registry", help="The model registry that is followed.")


@app.callback()
def registry() -> None:
    """The model registry that is followed."""


@app.command("list")
def list_entries(output: FormatOption = Format.TABLE) -> None:
    """List the rollouts that a model registry asked for, newest first, and what it was told.

    Example: trimtab registry list
    """
    with connected() as client:
        found = client.registry_entries()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [
        (
            f"{each.model}@{each.alias}",
            each.version,
            each.rollout,
            each.written.get("trimtab.phase"),
            each.state,
            each.attempts,
            each.detail,
        )
        for each in found
    ]
    columns = ("model", "version", "rollout", "told", "state", "tries", "last answer")
    return show_table("registry", columns, rows)
