"""trimtab slo replay: what the rules of SLOs would have done to a past."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from controlplane.cli.pasts import (
    BearerOption,
    PastConfigOption,
    PastOption,
    SinceOption,
    TenantOption,
    end_of,
    open_past,
    progress_of,
)
from controlplane.cli.replay_report import Result, plain, tell
from controlplane.cli.session import Format, FormatOption, ending_well, show
from controlplane.cli.times import seconds_of, span_of
from controlplane.engines import PastOfSlo
from controlplane.engines.login import engine_headers
from controlplane.errors import InvalidConfig
from controlplane.promise import make_promise
from controlplane.replaying import replay
from controlplane.slo_files import read_slo_files
from slo import InvalidSpec, Objective, SloError, SloSpec, parse_burn_rules

__all__ = ["replay_slos"]

MOST_MOMENTS = 2_000_000
USUAL_SAMPLE_SECONDS = 15.0


def replay_slos(  # noqa: PLR0917 -- one parameter for each option
    files: Annotated[list[Path], typer.Argument(help="OpenSLO files.")],
    source: PastOption,
    since: SinceOption = "30d",
    until: Annotated[
        str | None, typer.Option(help="Its end: 2026-01-31T00:00:00Z or Unix seconds; now.")
    ] = None,
    every: Annotated[str, typer.Option(help="How often rules are evaluated.")] = "30s",
    keep_firing: Annotated[str, typer.Option(help="Quiet for so long before it is over.")] = "60s",
    target: Annotated[float | None, typer.Option(help="What if the target were this?")] = None,
    rules: Annotated[
        str | None, typer.Option(help='What if these were the rules? "page 2% 1h/5m, ..."')
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Leave out START/END; may be given again.")
    ] = None,
    bearer: BearerOption = None,
    tenant: TenantOption = None,
    config: PastConfigOption = Path("trimtab.yaml"),
    output: FormatOption = Format.TABLE,
) -> None:
    """Go through a past: whom would these SLOs have called, when, and why?

    Example: trimtab slo replay slos/*.yaml --from http://prometheus:9090 --since 30d --target 0.995
    """
    with ending_well():
        headers = engine_headers(bearer, tenant)
        specs = read_slo_files(tuple(str(path) for path in files), beside=Path())
        changed = [_what_if(spec, target, rules) for spec in specs]
        spans = [span_of(text, "--exclude") for text in exclude or []]
        with open_past(source, config, headers) as past:
            end = end_of(past, until)
            start = end - seconds_of(since, "--since")
            moments = _moments(start, end, seconds_of(every, "--every"))
            keep = seconds_of(keep_firing, "--keep-firing")
            results = []
            for spec in changed:
                found = past.of(spec, since=start, until=end, progress=progress_of(spec.name))
                results.append(_gone_through(spec, found, moments, keep, spans))
    if output is Format.TABLE:
        tell(results)
    else:
        show([plain(result) for result in results], output)


def _gone_through(
    spec: SloSpec,
    found: PastOfSlo,
    moments: np.ndarray,
    keep: float,
    spans: list[tuple[float, float]],
) -> Result:
    counts = found.counts
    if not len(counts.times):
        return Result(replay=None, slo=spec.name, notes=found.notes)
    for span in spans:
        counts = counts.without(*span)
    gaps = np.diff(counts.times)
    interval = float(np.median(gaps)) if len(gaps) else USUAL_SAMPLE_SECONDS
    promise = make_promise(spec, sources=(), interval_seconds=interval)
    return Result(
        replay=replay(promise, counts, moments, keep_firing_seconds=keep),
        slo=spec.name,
        notes=found.notes,
    )


def _what_if(spec: SloSpec, target: float | None, rules: str | None) -> SloSpec:
    """Return the SLO with another target or other rules.

    Raises:
        InvalidConfig: They cannot be.
    """
    try:
        objective = spec.objective
        if target is not None:
            objective = Objective(
                target=target, window=objective.window, calendar=objective.calendar
            )
        own = spec.rules if rules is None else parse_burn_rules(rules, objective.window)
        return replace(spec, objective=objective, rules=own)
    except (SloError, InvalidSpec) as error:
        raise InvalidConfig(str(error)) from error


def _moments(start: float, end: float, every: float) -> np.ndarray:
    if (end - start) / every > MOST_MOMENTS:
        msg = f"That is {(end - start) / every:.0f} evaluations; at most {MOST_MOMENTS} are done."
        raise InvalidConfig(msg, hint="write a longer --every or a shorter --since")
    return np.arange(start + every, end + every / 2, every)
