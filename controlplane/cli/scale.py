"""trimtab scale: how many replicas each service should have."""

import typer

from controlplane.cli.session import Format, FormatOption, connected, show, show_table

__all__ = ["app"]

app = typer.Typer(name="scale", help="Autoscaling signals.", no_args_is_help=True)


@app.command("show")
def show_scaling(output: FormatOption = Format.TABLE) -> None:
    """Show the size each service should have, and why.

    Example: trimtab scale show -o json
    """
    with connected() as client:
        found = client.scaling()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [(s.service, s.seen, s.wanted, s.in_flight, s.reason) for s in found]
    return show_table("scaling", ("service", "seen", "wanted", "in flight", "reason"), rows)
