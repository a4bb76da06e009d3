"""trimtab target: the pages that are watched."""

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
