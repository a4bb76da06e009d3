"""What a replay found, as lines for people and as JSON."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import typer

from controlplane.cli.session import show_table
from controlplane.replaying import Episode, Replay
from slo import Severity

__all__ = ["Result", "plain", "tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One SLO, gone through; nothing is known of it where ``replay`` is None."""

    replay: Replay | None
    slo: str
    notes: tuple[str, ...]


def tell(results: list[Result]) -> None:
    """Print a table of the SLOs, and a line for each alert."""
    rows = [
        (
            result.slo,
            found.count(Severity.PAGE),
            found.count(Severity.TICKET),
            found.budget.remaining_ratio,
            found.budget.counts.bad,
            found.budget.counts.total,
        )
        for result in results
        if (found := result.replay) is not None
    ]
    columns = ("name", "pages", "tickets", "budget left", "bad", "total")
    show_table("what would have been", columns, rows)
    for result in results:
        for episode in () if result.replay is None else result.replay.episodes:
            typer.echo(f"{result.slo}: {_line(episode)}")
        for note in result.notes:
            typer.echo(f"trimtab: {result.slo}: {note}", err=True)


def _line(episode: Episode) -> str:
    fired = datetime.fromtimestamp(episode.fired_at, UTC)
    lasted = "fires still"
    if episode.resolved_at is not None:
        lasted = f"over after {timedelta(seconds=round(episode.resolved_at - episode.fired_at))}"
    return f"{fired:%Y-%m-%dT%H:%M:%SZ} {episode.severity.value}, {lasted}: {episode.reason}"


def plain(result: Result) -> dict[str, Any]:
    """Return one result as JSON holds it."""
    found = result.replay
    if found is None:
        return {"slo": result.slo, "known": False, "notes": list(result.notes)}
    return {
        "slo": result.slo,
        "known": True,
        "since": found.since,
        "until": found.until,
        "evaluations": found.evaluations,
        "pages": found.count(Severity.PAGE),
        "tickets": found.count(Severity.TICKET),
        "bad": found.budget.counts.bad,
        "total": found.budget.counts.total,
        "remainingRatio": found.budget.remaining_ratio,
        "episodes": [
            {
                "severity": each.severity.value,
                "firedAt": each.fired_at,
                "resolvedAt": each.resolved_at,
                "reason": each.reason,
            }
            for each in found.episodes
        ],
        "notes": list(result.notes),
    }
