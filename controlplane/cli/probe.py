"""trimtab probe: what the model servers answer when asked."""

import typer

from controlplane.cli.session import Format, FormatOption, connected, show, show_table

__all__ = ["app"]

app = typer.Typer(name="probe", help="Probes of readiness and of answers.", no_args_is_help=True)


@app.command("list")
def list_probes(output: FormatOption = Format.TABLE) -> None:
    """List the last answer to every probe.

    Example: trimtab probe list
    """
    with connected() as client:
        found = client.probes()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [(p.service, p.version, p.kind, p.ok, p.seconds, p.reason) for p in found]
    return show_table("probes", ("service", "version", "kind", "ok", "seconds", "reason"), rows)
