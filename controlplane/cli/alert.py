"""trimtab alert: what fires, and who was told."""

import typer

from controlplane.cli.session import Format, FormatOption, connected, show, show_table

__all__ = ["app"]

app = typer.Typer(name="alert", help="Alerts and their deliveries.", no_args_is_help=True)


@app.command("list")
def list_alerts(output: FormatOption = Format.TABLE) -> None:
    """List every alert that ever fired, newest change first.

    Example: trimtab alert list -o yaml
    """
    with connected() as client:
        found = client.alerts()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [(a.slo, a.severity, a.state, a.episode, a.annotations.get("summary")) for a in found]
    return show_table("alerts", ("slo", "severity", "state", "episode", "summary"), rows)


@app.command("deliveries")
def list_deliveries(output: FormatOption = Format.TABLE) -> None:
    """List messages to receivers, newest first.

    Example: trimtab alert deliveries
    """
    with connected() as client:
        found = client.deliveries()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [(d.receiver, d.alert_key, d.intent, d.state, d.attempts, d.detail) for d in found]
    columns = ("receiver", "alert", "intent", "state", "tries", "answer")
    return show_table("deliveries", columns, rows)
