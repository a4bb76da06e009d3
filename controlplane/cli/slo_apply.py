"""trimtab slo apply, diff, sets and drop: SLO files that a running control plane watches."""

from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.session import Format, FormatOption, connected, show, show_table
from controlplane.schemas import SloSetChangeOut, SloSetIn
from controlplane.slo_files import slo_texts

__all__ = ["apply_slos", "diff_slos", "drop_slos", "list_sets"]

FilesArgument = Annotated[list[Path], typer.Argument(help="OpenSLO files: all of the set.")]
SetOption = Annotated[str, typer.Option("--set", help="Which set they are.")]
MARKS = {"added": "+", "changed": "~", "removed": "-", "unchanged": "="}


def apply_slos(
    files: FilesArgument,
    *,
    set_name: SetOption = "default",
    prune: Annotated[
        bool, typer.Option("--prune", help="Let go of SLOs that the set had and has no longer.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Have a running control plane watch SLO files; what was counted goes on.

    Example: trimtab slo apply slos/*.yaml --set chat-team
    """
    with connected() as client:
        wanted = SloSetIn(files=slo_texts(tuple(map(str, files)), beside=Path()), prune=prune)
        found = client.apply_slos(set_name, wanted, dry_run=dry_run)
    _tell(found, output)


def diff_slos(
    files: FilesArgument, *, set_name: SetOption = "default", output: FormatOption = Format.TABLE
) -> None:
    """Say what applying SLO files would change; exit 1 when something would.

    Example: trimtab slo diff slos/*.yaml --set chat-team
    """
    with connected() as client:
        wanted = SloSetIn(files=slo_texts(tuple(map(str, files)), beside=Path()))
        found = client.apply_slos(set_name, wanted, dry_run=True)
    _tell(found, output)
    if any(each.change != "unchanged" for each in found.changes):
        raise typer.Exit(Exit.REFUSED)


def list_sets(output: FormatOption = Format.TABLE) -> None:
    """List the sets of SLO files that were applied.

    Example: trimtab slo sets
    """
    with connected() as client:
        found = client.slo_sets()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [(each.name, len(each.slos), ", ".join(each.files), each.reason) for each in found]
    return show_table("sets of SLOs", ("set", "SLOs", "files", "not watched, because"), rows)


def drop_slos(set_name: Annotated[str, typer.Argument(metavar="SET", help="Its name.")]) -> None:
    """Watch a set of SLOs no longer; its counts stay for when it is applied again.

    Example: trimtab slo drop chat-team
    """
    with connected() as client:
        client.remove_slos(set_name)
    typer.echo(f"{set_name}: watched no longer")


def _tell(found: SloSetChangeOut, output: Format) -> None:
    if output is not Format.TABLE:
        return show(found, output)
    for change in found.changes:
        seam = (
            ""
            if change.keeps_counts or change.change == "removed"
            else " (goes on from the same sums with its next page)"
        )
        typer.echo(f"{MARKS[change.change]} {change.name}: {change.change}{seam}")
        for difference in change.differences:
            typer.echo(f"    {difference}")
    return None
