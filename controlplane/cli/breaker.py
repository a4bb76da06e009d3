"""trimtab breaker: which versions are kept out of traffic."""

from typing import Annotated

import typer

from controlplane.cli.session import Format, FormatOption, connected, show, show_table

__all__ = ["app"]

app = typer.Typer(name="breaker", help="Circuit breakers.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why; written to the audit trail.")]


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


@app.command("open")
def open_breaker(service: str, version: str, reason: Reason = "") -> None:
    """Keep a version out of traffic until it is reset.

    Example: trimtab breaker open resnet 2 --reason "drill"
    """
    _order(service, version, "open", reason)


@app.command("close")
def close_breaker(service: str, version: str, reason: Reason = "") -> None:
    """Keep a version in traffic, whatever happens, until it is reset.

    Example: trimtab breaker close resnet 2 --reason "drill"
    """
    _order(service, version, "close", reason)


@app.command("reset")
def reset_breaker(service: str, version: str, reason: Reason = "") -> None:
    """Give a breaker back to its rules, closed.

    Example: trimtab breaker reset resnet 2 --reason "drill"
    """
    _order(service, version, "reset", reason)


def _order(service: str, version: str, verb: str, reason: str) -> None:
    with connected() as client:
        breaker = client.order_breaker(service, version, verb, reason=reason)
        typer.echo(f"{service}/{version}: {breaker.state}")
