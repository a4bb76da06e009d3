"""trimtab canary: two recorded periods in, one verdict out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from canary_analysis.compare import compare, read_past
from controlplane.cli.canary_limits import Limits
from controlplane.cli.canary_periods import Written
from controlplane.cli.canary_report import (
    ENDS,
    comparison_of,
    tell_comparison,
    tell_kayenta,
    tell_notes,
    tell_ours,
)
from controlplane.cli.canary_stored import add_stored, json_file, recompute_any, tell_recomputed
from controlplane.cli.exits import Exit
from controlplane.cli.option_groups import with_option_groups
from controlplane.cli.session import Format, FormatOption, ending_well, show
from controlplane.cli.times import seconds_of
from controlplane.engines.prometheus import PrometheusEngine
from controlplane.recorded import Taken
from controlplane.recorded.kayenta_request import ask_request, is_request, judge_request
from controlplane.recorded.stored import Judge, KayentaAsked, judge_kayenta, stored

__all__ = ["app"]

app = typer.Typer(name="canary", help="Judge recorded canaries.", no_args_is_help=True)

add_stored(app)


@dataclass(frozen=True, slots=True, kw_only=True)
class KayentaWritten:
    """What a command line says of Kayenta's judge."""

    config: Annotated[
        Path | None,
        typer.Option(
            help="Kayenta's canary configuration, or a whole request, JSON; else one that fits."
        ),
    ] = None
    step: Annotated[str, typer.Option(help="Between two of Kayenta's points.")] = "60s"
    seed: Annotated[int, typer.Option(help="Of the noise Kayenta adds to constant points.")] = 0

    def request(self) -> Mapping[str, Any] | None:
        """Return the configuration if it is a whole request, with scopes for its queries.

        Raises:
            InvalidConfig: It cannot be read.
        """
        written = None if self.config is None else json_file(self.config)
        return written if is_request(written) else None

    def asked(self) -> KayentaAsked:
        """Return how it is asked.

        Raises:
            InvalidConfig: The configuration cannot be read, or a figure cannot be.
        """
        written = None if self.config is None else json_file(self.config)
        step = seconds_of(self.step, "--step")
        return KayentaAsked(config=written, step_seconds=step, seed=self.seed)


@app.command("judge")
@with_option_groups
def judge_periods(
    written: Written,
    limits: Limits,
    kayenta: KayentaWritten,
    *,
    judge: Annotated[Judge, typer.Option(help="Who judges.")] = Judge.TRIMTAB,
    recomputed: Annotated[
        Path | None, typer.Option("--recompute", help="Reckon a stored verdict again, offline.")
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Judge two recorded periods. Exit 0: promote, 1: roll back, 5: inconclusive.

    With -o json everything is written that the verdict can be recomputed from.

    With --judge kayenta and --config of a whole request (canaryConfig and executionRequest with scopes), its
    own queries are asked of --from.

    A .csv has the columns time, arm (baseline or canary) and replica, and either total and errors,
    gained since the row before, or one row a request with its latency in seconds; or metric and value.

    Example: trimtab canary judge --file dump.om --baseline 'version="1"' --canary 'version="2"'
    --bad 'requests_total{code=~"5.."}' --total requests_total --histogram request_seconds
    """
    with ending_well():
        if recomputed is not None:
            tell_recomputed(recompute_any(json_file(recomputed)), output)
            return
        if judge is Judge.TRIMTAB:
            end = _by_evidence(written.take(), limits, output)
        elif (request := kayenta.request()) is not None:
            end = _by_queries(request, written.engine(), output, seed=kayenta.seed)
        else:
            end = _by_kayenta(written.take(), kayenta.asked(), output)
    raise typer.Exit(end)


@app.command("compare")
@with_option_groups
def compare_judges(
    written: Written,
    limits: Limits,
    kayenta: KayentaWritten,
    *,
    output: FormatOption = Format.TABLE,
) -> None:
    """Ask our judge and Kayenta's about the same periods. The exit code is of our verdict.

    Example: trimtab canary compare --file requests.csv --samples latency --bad failed
    """
    with ending_well():
        end = _by_both(written.take(), limits, kayenta.asked(), output)
    raise typer.Exit(end)


def _by_evidence(taken: Taken, limits: Limits, output: Format) -> Exit:
    policy = limits.policy(taken.recording)
    read = read_past(taken.recording, policy)
    if output is Format.TABLE:
        tell_notes(taken.notes)
        tell_ours(read)
    else:
        show(stored(taken.recording, read, policy, notes=taken.notes), output)
    return ENDS[str(read.verdict.decision)]


def _by_queries(
    request: Mapping[str, Any], engine: PrometheusEngine, output: Format, *, seed: int
) -> Exit:
    try:
        asked = ask_request(request, engine, seed=seed)
    finally:
        engine.close()
    judgement = judge_request(asked)
    if output is Format.TABLE:
        tell_kayenta(judgement)
    else:
        show(asked.to_plain(judgement), output)
    return ENDS[str(judgement.outcome)]


def _by_kayenta(taken: Taken, asked: KayentaAsked, output: Format) -> Exit:
    judgement = judge_kayenta(taken.recording, asked)
    notes = (*taken.notes, *asked.config_for(taken.recording).notes)
    if output is Format.TABLE:
        tell_notes(notes)
        tell_kayenta(judgement)
    else:
        show(stored(taken.recording, judgement, asked, notes=notes), output)
    return ENDS[str(judgement.outcome)]


def _by_both(taken: Taken, limits: Limits, asked: KayentaAsked, output: Format) -> Exit:
    config = asked.config_for(taken.recording)
    both = compare(
        taken.recording,
        limits.policy(taken.recording),
        config,
        asked.rng(),
        step_seconds=asked.step_seconds,
    )
    notes = (*taken.notes, *config.notes)
    if output is Format.TABLE:
        tell_notes(notes)
        tell_comparison(both)
    else:
        show(comparison_of(both, notes), output)
    return ENDS[str(both.ours.verdict.decision)]
