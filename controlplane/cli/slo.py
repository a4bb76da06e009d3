"""trimtab slo: promises, their budgets, and files that hold them."""

from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.gate import gate
from controlplane.cli.session import (
    Format,
    FormatOption,
    connected,
    ending_well,
    show,
    show_table,
)
from controlplane.cli.slo_adjust import exclude_time, reset_budget, show_ledger
from controlplane.cli.slo_answers import blame_slo, explain_slo, forecast_slo, show_budget
from controlplane.cli.slo_apply import apply_slos, diff_slos, drop_slos, list_sets
from controlplane.cli.slo_backfill import backfill_slos, list_engines
from controlplane.cli.slo_dashboard import write_dashboard
from controlplane.cli.slo_lint import lint_slos
from controlplane.cli.slo_replay import replay_slos
from controlplane.cli.slo_rules import import_slos, write_rules
from controlplane.slo_files import read_slo_files, validate_slo_files

__all__ = ["app"]

app = typer.Typer(name="slo", help="Service level objectives.", no_args_is_help=True)
# The same gate, where people look for it first.
app.command("gate", help=(gate.__doc__ or "").replace("trimtab gate", "trimtab slo gate"))(gate)
app.command("lint")(lint_slos)
app.command("replay")(replay_slos)
app.command("backfill")(backfill_slos)
app.command("engines")(list_engines)
app.command("apply")(apply_slos)
app.command("diff")(diff_slos)
app.command("sets")(list_sets)
app.command("drop")(drop_slos)
app.command("exclude")(exclude_time)
app.command("reset")(reset_budget)
app.command("ledger")(show_ledger)
app.command("rules")(write_rules)
app.command("import")(import_slos)
app.command("dashboard")(write_dashboard)
app.command("budget")(show_budget)
app.command("explain")(explain_slo)
app.command("forecast")(forecast_slo)
app.command("blame")(blame_slo)


@app.command("list")
def list_slos(output: FormatOption = Format.TABLE) -> None:
    """List SLOs with the budget that is left.

    Example: trimtab slo list
    """
    with connected() as client:
        found = client.slos()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [
        (
            slo.name,
            slo.spec.service,
            slo.spec.target,
            slo.status.state,
            slo.status.budget.remaining_ratio,
            slo.status.budget.bad,
            slo.status.budget.total,
        )
        for slo in found
    ]
    columns = ("name", "service", "target", "state", "budget left", "bad", "total")
    return show_table("SLOs", columns, rows)


@app.command("show")
def show_slo(name: str, output: FormatOption = Format.YAML) -> None:
    """Show one SLO: counts, budget, burn by window, and why.

    Example: trimtab slo show availability
    """
    with connected() as client:
        show(client.slo(name), Format.YAML if output is Format.TABLE else output)


@app.command("validate")
def validate(files: Annotated[list[Path], typer.Argument(help="OpenSLO files.")]) -> None:
    """Check OpenSLO files (v1, v2alpha, v1alpha); exit 2 names every fault with file, line and field.

    Example: trimtab slo validate slos/*.yaml
    """
    names = tuple(str(path) for path in files)
    with ending_well():
        complaints = validate_slo_files(names, beside=Path())
        for complaint in complaints:
            typer.echo(f"trimtab: {complaint}", err=True)
        if complaints:
            raise typer.Exit(Exit.USAGE)
        for slo in read_slo_files(names, beside=Path()):
            typer.echo(f"{slo.name}: ok")
