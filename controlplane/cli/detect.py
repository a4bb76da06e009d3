"""trimtab detect: which server is this, and which SLOs can it carry."""

import asyncio
from typing import Annotated

import typer
import yaml

from controlplane.cli.exits import Exit
from controlplane.cli.session import Format, FormatOption, ending_well, show
from controlplane.detecting import look_at
from controlplane.schemas import DetectionOut, IndicatorOut, SystemOut

__all__ = ["detect"]


def detect(
    where: Annotated[str, typer.Argument(help="Address of a metrics page, or a file.")],
    *,
    service: Annotated[str, typer.Option(help="Whose SLOs to propose.")] = "my-service",
    output: FormatOption = Format.TABLE,
) -> None:
    """Say which server a page belongs to, what it can tell, and what it cannot see.

    Exit 0 when it is recognised, 5 when not, 6 when nobody answers.

    Example: trimtab detect http://127.0.0.1:8002/metrics -o json
    """
    with ending_well():
        found = asyncio.run(look_at(where, service=service))
    if output is Format.TABLE:
        typer.echo("\n".join(_lines(found)))
    else:
        show(found, output)
    if not found.systems:
        unreached = found.outcome in ("refused", "timeout")
        raise typer.Exit(Exit.UNREACHABLE if unreached else Exit.INCONCLUSIVE)


def _lines(found: DetectionOut) -> list[str]:
    lines = [f"{found.target}: {found.reason}, {found.samples} samples"]
    if not found.systems:
        lines.append("No server that trimtab knows. An SLO can still name its metrics by hand.")
    for system in found.systems:
        lines += ["", *_of_system(system)]
    if found.faults:
        lines += ["", "Wrong with the page itself:", *(f"  - {fault}" for fault in found.faults)]
    return lines


def _of_system(system: SystemOut) -> list[str]:
    lines = [
        f"{system.title} ({system.system}), {system.confidence}: {', '.join(system.signature)}"
    ]
    if system.models:
        models = (f"{one.model} [{', '.join(one.versions) or '-'}]" for one in system.models)
        lines.append(f"  models    {', '.join(models)}")
    lines += [f"  doubtful  {name}: {why}" for name, why in system.doubtful.items()]
    lines += [f"  {_of_indicator(one)}" for one in system.indicators]
    if system.missing:
        lines.append(f"  not here  {', '.join(system.missing)}")
    lines += [f"  blind     {spot}" for spot in system.blind_spots]
    lines += [f"  see more  {way}" for way in system.see_more]
    if system.slos:
        lines += ["  SLOs it can carry (as OpenSLO):"]
        text = yaml.safe_dump_all(system.slos, sort_keys=False, allow_unicode=True, width=110)
        lines += [f"    {line}" for line in text.splitlines()]
    return lines


def _of_indicator(one: IndicatorOut) -> str:
    if one.kind == "ratio":
        part = f"bad {one.bad}" if one.bad else f"good {one.good}"
        return f"{one.name}: {part} of {one.total} (rests on: {one.source})"
    edges = f", edges {one.edges[0]:g} to {one.edges[-1]:g}" if one.edges else ""
    scale = "" if one.scale == 1.0 else f" x {one.scale:g}"
    silent = "" if one.sampled else ", declared only"
    return f"{one.name}: {one.kind} {one.family}{scale} in {one.unit}{edges}{silent}"
