"""trimtab slo exclude, reset, ledger: what people take out of a budget, and why."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from controlplane.cli.session import (
    Format,
    FormatOption,
    connected,
    show,
    show_table,
)
from controlplane.cli.times import span_of
from controlplane.schemas import AdjustmentOut, ExclusionIn

__all__ = ["exclude_time", "reset_budget", "show_ledger"]

Why = Annotated[str, typer.Option("--reason", help="For the ledger and the audit trail.")]


def exclude_time(
    name: str,
    reason: Why,
    span: Annotated[
        str, typer.Option("--span", help="START/END: 2026-01-31T02:00Z or Unix seconds.")
    ] = "",
    rrule: Annotated[
        str, typer.Option(help="How it comes again: FREQ=WEEKLY;BYDAY=TU; once when empty.")
    ] = "",
    withdraw: Annotated[
        int | None, typer.Option(help="Take this exclusion back instead; slo ledger shows numbers.")
    ] = None,
) -> None:
    """Take a time, past or to come, out of every number of an SLO; the counts stay.

    Example: trimtab slo exclude availability --span 2026-01-06T05:00Z/2026-01-06T05:30Z --reason "weights reloaded"
    """
    with connected() as client:
        if withdraw is not None:
            return _tell(client.withdraw_exclusion(name, withdraw, reason=reason))
        start, end = span_of(span, "--span")
        wanted = ExclusionIn(start=start, end=end, rrule=rrule, reason=reason)
        return _tell(client.exclude(name, wanted))


def reset_budget(name: str, reason: Why) -> None:
    """Begin an SLO's budget anew from now on; what was before stays in the ledger.

    Example: trimtab slo reset availability --reason "agreed after the move of the cluster"
    """
    with connected() as client:
        _tell(client.reset_budget(name, reason=reason))


def show_ledger(name: str, output: FormatOption = Format.TABLE) -> None:
    """List what was ever taken out of an SLO's budget, by whom and why.

    Example: trimtab slo ledger availability
    """
    with connected() as client:
        found = client.slo_adjustments(name)
    if output is not Format.TABLE:
        return show(found, output)
    rows = [
        (each.id, _time(each.at), each.kind, each.actor, _what(each), each.reason) for each in found
    ]
    return show_table(name, ("entry", "at", "what", "who", "which", "why"), rows)


def _tell(entry: AdjustmentOut) -> None:
    typer.echo(f"{entry.slo}: entry {entry.id}, {entry.kind} {_what(entry)}")


def _what(entry: AdjustmentOut) -> str:
    detail = entry.detail
    if entry.kind == "exclude":
        rule = f" {detail['rule']}" if detail["rule"] else ""
        return f"{_time(detail['start'])}/{_time(detail['end'])}{rule}"
    return f"entry {detail['entry']}" if entry.kind == "withdraw" else ""


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
