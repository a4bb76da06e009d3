"""trimtab slo lint: SLOs that are valid and cannot work."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.session import Format, FormatOption, ending_well, show
from controlplane.cli.times import seconds_of
from controlplane.detecting import page_at
from controlplane.promise import rules_of
from controlplane.slo_files import read_slo_files
from slo import Finding, SloSpec, lint_retention, lint_rules, lint_series

__all__ = ["lint_slos"]


def lint_slos(
    files: Annotated[list[Path], typer.Argument(help="OpenSLO files.")],
    *,
    events_per_hour: Annotated[
        float | None, typer.Option(help="Usual traffic, to judge low-traffic rules by.")
    ] = None,
    page: Annotated[
        list[str] | None,
        typer.Option(
            help="Metrics page, address or file, to look for names and edges; may come again."
        ),
    ] = None,
    retention: Annotated[
        str | None, typer.Option(help="How long samples or counts are kept, for example 15d.")
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Find SLOs that are valid and cannot work, each with a code and a fix; exit 1 when there are some.

    Example: trimtab slo lint slos/*.yaml --events-per-hour 600 --page http://127.0.0.1:8002/metrics
    """
    with ending_well():
        kept = (
            None if retention is None else timedelta(seconds=seconds_of(retention, "--retention"))
        )
        shown = [each for where in page or [] for each in asyncio.run(page_at(where)).layout.series]
        found = [
            (slo, finding)
            for slo in read_slo_files(tuple(map(str, files)), beside=Path())
            for finding in _findings(slo, events_per_hour, kept, shown if page else None)
        ]
        if output is Format.TABLE:
            for slo, finding in found:
                typer.echo(f"{slo.name}: {_subject(finding)}{finding.fault}: {finding.advice}")
        else:
            show([_plain(slo, finding) for slo, finding in found], output)
        if any(not finding.note for _, finding in found):
            raise typer.Exit(Exit.REFUSED)


def _findings(
    slo: SloSpec,
    events_per_hour: float | None,
    kept: timedelta | None,
    shown: Iterable[tuple[str, Mapping[str, str]]] | None,
) -> Iterable[Finding]:
    rules = rules_of(slo, interval_seconds=1.0)
    yield from lint_rules(rules, slo.objective, events_per_hour=events_per_hour)
    if kept is not None:
        yield from lint_retention(slo, kept)
    if shown is not None:
        yield from lint_series(slo, shown)


def _subject(finding: Finding) -> str:
    return "" if finding.rule is None else f"{finding.rule.severity.value} rule "


def _plain(slo: SloSpec, finding: Finding) -> dict[str, object]:
    return {
        "slo": slo.name,
        "code": finding.fault.value,
        "note": finding.note,
        "rule": None if finding.rule is None else finding.rule.severity.value,
        "advice": finding.advice,
    }
