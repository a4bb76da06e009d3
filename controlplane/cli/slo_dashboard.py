"""trimtab slo dashboard: Grafana dashboards of SLO files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from controlplane.cli.session import ending_well
from controlplane.errors import InvalidConfig
from controlplane.promise import rules_of
from controlplane.slo_files import read_slo_files
from slo import SloError
from slo.dashboards import Figures, PlaneFigures, RuleFigures, Watched, slo_dashboard

__all__ = ["write_dashboard"]

SCRAPE_SECONDS = 30.0


class Source(StrEnum):
    """Where the figures come from."""

    RULES = "rules"
    TRIMTAB = "trimtab"


def write_dashboard(
    files: Annotated[list[Path], typer.Argument(help="OpenSLO files.")],
    source: Annotated[
        Source,
        typer.Option(
            "--from", help="rules: what `slo rules` records; trimtab: the plane's /metrics."
        ),
    ] = Source.RULES,
    out: Annotated[Path | None, typer.Option(help="File to write; printed if left out.")] = None,
) -> None:
    """Print a Grafana dashboard of SLOs: budgets, burn with thresholds, events, alerts.

    Example: trimtab slo dashboard slos/*.yaml --from trimtab --out slos.json
    """
    with ending_well():
        specs = read_slo_files(tuple(map(str, files)), beside=Path())
        slos = [
            Watched(spec=spec, rules=rules_of(spec, interval_seconds=SCRAPE_SECONDS))
            for spec in specs
        ]
        made = slo_dashboard(slos, _figures(source, slos))
        text = orjson.dumps(made, option=orjson.OPT_INDENT_2).decode()
        if out is None:
            typer.echo(text)
            return
        _write(out, text)
    typer.echo(f"{out}: {len(slos)} SLOs")


def _figures(source: Source, slos: list[Watched]) -> Figures:
    if source is Source.TRIMTAB:
        return PlaneFigures()
    try:
        return RuleFigures(slos)
    except SloError as error:
        hint = "--from trimtab shows every kind of SLO"
        raise InvalidConfig(str(error), hint=hint) from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n")
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}."
        raise InvalidConfig(msg) from error
