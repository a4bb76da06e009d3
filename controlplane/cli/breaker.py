"""trimtab breaker: which versions are kept out of traffic."""

import typer

from controlplane.cli.session import Format, FormatOption, connected, show, show_table

__all__ = ["app"]

app = typer.Typer(name="breaker", help="Circuit breakers.", no_args_is_help=True)


@app.command("list")
def list_breakers(output: FormatOption = Format.TABLE) -> None:
    """List circuit breakers and why they stand as they do.

    Example: trimtab breaker list
    """
    with connected() as client:
        found = client.breakers()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [(b.service, b.version, b.state, b.weight_factor, b.reason) for b in found]
    return show_table("breakers", ("service", "version", "state", "factor", "reason"), rows)
