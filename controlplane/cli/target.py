"""trimtab target: the pages that are watched."""

from typing import Annotated, Any

import typer

from controlplane.cli.session import Format, FormatOption, connected, show, show_table

__all__ = ["app"]

app = typer.Typer(name="target", help="The metrics pages that are watched.", no_args_is_help=True)


@app.command("list")
def list_targets(output: FormatOption = Format.TABLE) -> None:
    """List targets and how their last scrape went.

    Example: trimtab target list -o json
    """
    with connected() as client:
        found = client.targets()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [
        (t.name, t.spec.service, t.status.state, t.status.server, t.status.samples, t.status.reason)
        for t in found
    ]
    return show_table("targets", ("name", "service", "state", "server", "samples", "reason"), rows)


@app.command("show")
def show_target(name: str, output: FormatOption = Format.YAML) -> None:
    """Show one target: where it comes from, how it is asked, how its last scrape went.

    Example: trimtab target show resnet-a
    """
    with connected() as client:
        found = client.target(name)
    if output is not Format.TABLE:
        return show(found, output)
    status = found.status
    rows = [(found.name, status.origin, status.state, status.reason, status.asked_names)]
    return show_table("target", ("name", "origin", "state", "reason", "names asked for"), rows)


@app.command("add")
def add_target(
    name: str,
    url: str,
    service: Annotated[str, typer.Option(help="Whose replica it is.")],
    *,
    version: Annotated[str, typer.Option(help="Which version it serves.")] = "",
    server: Annotated[str, typer.Option(help="Its kind; recognised if left out.")] = "",
    interval: Annotated[str, typer.Option(help="Between two scrapes.")] = "5s",
    bearer: Annotated[str, typer.Option(help="Token to send: env:NAME or file:/path.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it.")] = False,
) -> None:
    """Watch a page from now on; the same name again changes it.

    Example: trimtab target add resnet-c http://10.0.0.3:8002/metrics --service resnet
    """
    document: dict[str, Any] = {"name": name, "url": url, "service": service, "interval": interval}
    document |= {k: v for k, v in (("version", version), ("server", server)) if v}
    if bearer:
        document["auth"] = {"bearer": bearer}
    with connected() as client:
        client.add_target(document, dry_run=dry_run)
    typer.echo(f"{name}: {'would be watched' if dry_run else 'watched'}")


@app.command("remove")
def remove_target(name: str) -> None:
    """Watch a page no longer; what was counted stays counted.

    Example: trimtab target remove resnet-c
    """
    with connected() as client:
        client.remove_target(name)
    typer.echo(f"{name}: no longer watched")
