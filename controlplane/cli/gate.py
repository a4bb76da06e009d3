"""trimtab gate: may this service be deployed now? For pipelines."""

from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.session import Format, FormatOption, connected, show

__all__ = ["gate"]

EXITS = {"open": Exit.DONE, "closed": Exit.REFUSED, "unknown": Exit.INCONCLUSIVE}


def gate(
    service: str,
    version: Annotated[
        str, typer.Option(help="What is to be deployed; an override is written down with it.")
    ] = "",
    override: Annotated[
        str, typer.Option(help="Deploy all the same; say why, for the audit trail.")
    ] = "",
    output: FormatOption = Format.TABLE,
) -> None:
    """Ask whether a service may be deployed: exit 0 open, 1 closed, 5 when budgets are not known.

    Example: trimtab gate resnet --version 2 && ./deploy.sh
    """
    with connected() as client:
        if override:
            found = client.override_gate(service, version=version, reason=override)
        else:
            found = client.gate(service, version=version)
    if output is not Format.TABLE:
        show(found, output)
    else:
        overridden = ", overridden" if found.overridden else ""
        typer.echo(f"gate of {service}: {found.gate}{overridden}")
        for reason in found.reasons:
            typer.echo(f"  {reason}")
    if not found.allowed:
        raise typer.Exit(EXITS[found.gate])
