"""trimtab slo backfill and engines: what SLOs know from whoever has a longer memory than ours."""

from collections.abc import Iterable, Iterator
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
    open_past,
    progress_of,
)
from controlplane.cli.session import Format, FormatOption, connected, show, show_table
from controlplane.cli.times import seconds_of
from controlplane.engines import PastOfSlo
from controlplane.engines.login import engine_headers
from controlplane.errors import InvalidConfig
from controlplane.schemas import BackfillIn, SloOut
from controlplane.slo_files import read_slo_files
from slo import SloSpec

__all__ = ["backfill_slos", "list_engines"]

FINE_SECONDS, FINE_STEP, COARSE_STEP = 3 * 86_400.0, 60.0, 600.0
MOST_COARSE = 12_000
"""Of a longer past the oldest steps are longer: a plane takes so many moments at once."""


def backfill_slos(  # noqa: PLR0917 -- one parameter for each option
    files: Annotated[list[Path], typer.Argument(help="OpenSLO files of SLOs that are watched.")],
    source: PastOption,
    since: SinceOption = "30d",
    bearer: BearerOption = None,
    tenant: TenantOption = None,
    config: PastConfigOption = Path("trimtab.yaml"),
    output: FormatOption = Format.TABLE,
) -> None:
    """Tell a running control plane what happened before it counted; again is no change.

    Example: trimtab slo backfill slos/*.yaml --from http://prometheus:9090 --since 30d
    """
    seconds, taken = seconds_of(since, "--since"), []
    with connected() as client:
        specs = read_slo_files(tuple(map(str, files)), beside=Path())
        headers = engine_headers(bearer, tenant)
        with open_past(source, config, headers) as past:
            for spec, until in _watched(specs, client.slos()):
                found = past.of(
                    spec, since=until - seconds, until=until, progress=progress_of(spec.name)
                )
                told = _told(found, until, source)
                if told is None:
                    typer.echo(f"{spec.name}: {'; '.join(found.notes) or 'nothing'}", err=True)
                else:
                    taken.append((spec.name, client.tell_past(spec.name, told)))
    if output is not Format.TABLE:
        return show({name: each.model_dump(by_alias=True) for name, each in taken}, output)
    rows = [(name, each.bad, each.total, each.counted_since) for name, each in taken]
    return show_table("taken up", ("SLO", "bad", "events", "known since"), rows)


def list_engines(output: FormatOption = Format.TABLE) -> None:
    """List the SLOs that are counted on an engine's samples, and how the last look went.

    Example: trimtab slo engines
    """
    with connected() as client:
        found = client.engine_feeds()
    if output is not Format.TABLE:
        return show(found, output)
    rows = [
        (
            each.slo,
            each.engine,
            "-" if each.ok is None else "ok" if each.ok else "failing",
            each.targets,
            each.newest_at,
            each.reason,
        )
        for each in found
    ]
    columns = ("SLO", "engine", "state", "targets", "newest sample", "reason")
    return show_table("engines", columns, rows)


def _watched(specs: Iterable[SloSpec], slos: Iterable[SloOut]) -> Iterator[tuple[SloSpec, float]]:
    """Yield the SLOs that are counted, and each member of a family, with since when."""
    known = {slo.name: slo for slo in slos}
    for spec in specs:
        if spec.name not in known:
            msg = f"The control plane watches no SLO {spec.name!r}."
            raise InvalidConfig(msg, hint="apply it first: trimtab slo apply")
        members = [slo for slo in known.values() if slo.spec.family == spec.name]
        narrowed = [
            replace(spec, name=slo.name, each=None, sli=spec.sli.where(slo.spec.values))
            for slo in members
        ]
        for each in (spec, *narrowed):
            counted_since = known[each.name].status.counted_since
            if counted_since is not None:
                yield each, counted_since


def _told(found: PastOfSlo, until: float, source: str) -> BackfillIn | None:
    """Return a past at the moments of which rows are kept; None where there is none."""
    counts = found.counts
    if len(counts.times) == 0 or counts.times[0] >= until:
        return None
    begin, fine = float(counts.times[0]), max(float(counts.times[0]), until - FINE_SECONDS)
    coarse = COARSE_STEP * max(1.0, np.ceil((fine - begin) / COARSE_STEP / MOST_COARSE))
    inner = np.concatenate((np.arange(begin, fine, coarse), np.arange(fine, until, FINE_STEP)))
    times = np.unique(np.concatenate((inner, [until])))
    bad, total = counts.sums_at(times)
    gained = np.diff(total)
    spent = np.clip(np.diff(bad), 0, gained)
    return BackfillIn(
        times=tuple(times.tolist()),
        bad=(0, *np.cumsum(spent).tolist()),
        total=(0, *np.cumsum(gained).tolist()),
        source=source[:255],
    )
