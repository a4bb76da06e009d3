"""trimtab init: a trimtab.yaml and SLOs for the targets one names."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.session import ending_well
from controlplane.first_config import write_first_config

__all__ = ["init"]


def init(
    urls: Annotated[list[str], typer.Argument(help="Addresses of metrics pages.")],
    *,
    service: Annotated[str, typer.Option(help="Whose replicas they are.")] = "my-service",
    folder: Annotated[Path, typer.Option(help="Where to write.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Look at the targets and write trimtab.yaml with SLOs that they can carry.

    Example: trimtab init http://127.0.0.1:8002/metrics --service resnet
    """
    with ending_well():
        written = asyncio.run(write_first_config(urls, service=service, folder=folder, force=force))
    for line in written.told:
        typer.echo(line)
    if not written.slos:
        typer.echo("trimtab: no target can carry an SLO yet; trimtab detect says why.", err=True)
        raise typer.Exit(Exit.INCONCLUSIVE)
    typer.echo(f"Start it with: trimtab up -c {folder / 'trimtab.yaml'}")
