"""trimtab canary show and recompute: what is stored of a verdict, and the same reckoned again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from canary_analysis.text import evidence_text
from controlplane.cli.canary_report import tell_findings, tell_gauges
from controlplane.cli.exits import Exit
from controlplane.cli.session import Format, FormatOption, connected, ending_well, show, show_table
from controlplane.errors import InvalidConfig
from controlplane.evidence import findings_of
from controlplane.recorded import kayenta_request
from controlplane.recorded.recomputed import Recomputed
from controlplane.recorded.rollout_verdicts import KIND, recompute_rollout
from controlplane.recorded.stored import recompute
from controlplane.schemas import KeptVerdictOut, RolloutAnalysisOut

__all__ = ["add_stored", "json_file", "recompute_any", "tell_recomputed"]

MOST_BYTES = 256 << 20
SourceArgument = Annotated[
    str, typer.Argument(help="A file that show or judge wrote with -o json, or a rollout's id.")
]


def add_stored(app: typer.Typer) -> None:
    """Add the commands about stored verdicts to a group."""
    app.command("show")(show_analysis)
    app.command("recompute")(recompute_stored)


def show_analysis(rollout_id: str, output: FormatOption = Format.TABLE) -> None:
    """Show the verdicts of a rollout: the last before each move, and the latest.

    With -o json everything is written that they can be recomputed from.

    Example: trimtab canary show r-1f2e3d4c5b -o json > analysis.json
    """
    with connected() as client:
        found = client.rollout_analysis(rollout_id)
        if output is Format.TABLE:
            _tell(found)
        else:
            show(found, output)


def recompute_stored(source: SourceArgument, output: FormatOption = Format.TABLE) -> None:
    """Reckon stored verdicts again from their own counts. Exit 1 when one differs.

    A file needs no control plane; a rollout's id asks one for what it has stored.

    Example: trimtab canary recompute analysis.json
    """
    path = Path(source)
    if path.is_file() or path.suffix or "/" in source:
        with ending_well():
            saved = json_file(path)
    else:
        with connected() as client:
            saved = client.rollout_analysis(source).model_dump(mode="json", by_alias=True)
    with ending_well():
        tell_recomputed(recompute_any(saved), output)


def json_file(path: Path) -> Any:  # noqa: ANN401 -- JSON in
    """Read a file of JSON.

    Raises:
        InvalidConfig: It cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            msg = f"{path} is larger than {MOST_BYTES >> 20} MiB."
            raise InvalidConfig(msg)
        return orjson.loads(path.read_bytes())
    except OSError as error:
        msg = f"{path} cannot be read: {type(error).__name__}."
        raise InvalidConfig(msg) from error
    except orjson.JSONDecodeError as error:
        msg = f"{path} is no JSON: {error}."
        raise InvalidConfig(msg) from error


def recompute_any(saved: object) -> tuple[Recomputed, ...]:
    """Reckon a stored verdict of two periods again, or all of a rollout's.

    Raises:
        InvalidConfig: It is neither.
    """
    if isinstance(saved, Mapping) and saved.get("kind") == KIND:
        return recompute_rollout(saved)
    if isinstance(saved, Mapping) and saved.get("kind") == kayenta_request.KIND:
        return (kayenta_request.recompute_request(saved),)
    return (recompute(saved),)


def tell_recomputed(found: tuple[Recomputed, ...], output: Format) -> None:
    """Print what came out, and leave with exit code 1 when anything differs."""
    same = all(not each.differences for each in found)
    if output is not Format.TABLE:
        plain = [_plain(each) for each in found]
        show(plain[0] if len(plain) == 1 else {"same": same, "verdicts": plain}, output)
    else:
        for each in found:
            _tell_one(each)
    if not same:
        raise typer.Exit(Exit.REFUSED)


def _tell_one(found: Recomputed) -> None:
    if not found.differences:
        typer.echo(f"{found.what}: {found.decision}: the same verdict comes out of its own counts.")
        return
    typer.echo(f"{found.what}: it was {found.decision}, and is {found.now} now:")
    for difference in found.differences:
        typer.echo(f"  {difference}")


def _plain(found: Recomputed) -> dict[str, object]:
    return {
        "what": found.what,
        "decision": found.decision,
        "now": found.now,
        "same": not found.differences,
        "differences": list(found.differences),
    }


def _tell(found: RolloutAnalysisOut) -> None:
    if not found.verdicts:
        typer.echo(f"{found.rollout}: no verdict yet; there is none before a canary gets traffic.")
        return
    columns = ("generation", "phase", "weight", "after s", "decision", "evidence", "reason")
    show_table("verdicts", columns, [_row(each) for each in found.verdicts])
    latest = found.verdicts[-1].verdict
    if found.spread_source:
        typer.echo(f"replicas were taken to differ by {found.spread_source}")
    if found.warmup is not None:
        typer.echo(f"latency counts after {found.warmup.seconds:g} s: {found.warmup.source}")
    tell_findings(findings_of(latest))
    tell_gauges(latest.get("gauges", ()))
    typer.echo(str(latest.get("text", "")))


def _row(kept: KeptVerdictOut) -> tuple[object, ...]:
    odds = kept.verdict.get("e_value")
    return (
        kept.generation,
        kept.phase,
        kept.weight,
        round(kept.judged_seconds, 1),
        kept.decision,
        evidence_text(odds) if isinstance(odds, int | float) else None,
        kept.reason,
    )
