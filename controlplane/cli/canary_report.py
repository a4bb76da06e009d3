"""What judges found, as lines for people and as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

import typer

from canary_analysis import Finding, Verdict
from canary_analysis.compare import Comparison, Read
from canary_analysis.compare_points import names_of
from canary_analysis.kayenta import JudgedMetric, Judgement
from canary_analysis.text import evidence_text
from controlplane.cli.exits import Exit
from controlplane.cli.session import show_table
from controlplane.recorded.stored import plain_of

__all__ = [
    "ENDS",
    "comparison_of",
    "tell_comparison",
    "tell_findings",
    "tell_gauges",
    "tell_kayenta",
    "tell_notes",
    "tell_ours",
]

ENDS = {
    "promote": Exit.DONE,
    "promote_on_budget": Exit.DONE,
    "rollback": Exit.REFUSED,
    "hold": Exit.INCONCLUSIVE,
    "invalid": Exit.INCONCLUSIVE,
    "Pass": Exit.DONE,
    "Marginal": Exit.INCONCLUSIVE,
    "Fail": Exit.REFUSED,
}
"""The exit code of each decision, ours and Kayenta's."""

COLUMNS = (
    "metric", "finding", "evidence", "canary", "baseline", "odds", "at least", "at most", "phi", "proof",
)  # fmt: skip


GAUGE_COLUMNS = (
    "gauge", "finding", "canary", "baseline", "at least", "at most", "evidence", "blocks",
)  # fmt: skip


def tell_notes(notes: Iterable[str]) -> None:
    """Print what a reader must know before believing anything."""
    for note in notes:
        typer.echo(f"note: {note}")


def tell_ours(read: Read) -> None:
    """Print a verdict and its findings."""
    verdict = read.verdict
    typer.echo(
        f"{verdict.decision}, after {read.at_seconds:g} s and {read.readings} readings: {verdict.text}"
    )
    tell_findings(verdict.findings)


def tell_findings(findings: Iterable[Finding]) -> None:
    """Print what was found about each metric."""
    show_table("findings", COLUMNS, [_row(found) for found in findings])


def tell_gauges(gauges: Iterable[Mapping[str, Any]]) -> None:
    """Print what was found about each gauge, as a verdict in JSON holds it; nothing without any."""
    rows = [
        (
            each["metric"],
            "a warning" if each["warning"] else "as before" if each["known"] else "not known",
            each["canary_level"],
            each["baseline_level"],
            each["low"],
            each["high"],
            evidence_text(each["e_value"]),
            each["blocks"],
        )
        for each in gauges
    ]
    if rows:
        show_table("gauges", GAUGE_COLUMNS, rows)


def _row(found: Finding) -> tuple[object, ...]:
    edge = "" if found.edge_seconds is None else f" over {found.edge_seconds:g} s"
    return (
        f"{found.metric}{edge}",
        _word(found),
        evidence_text(found.e_value),
        f"{found.canary_events} of {found.canary_requests}",
        f"{found.baseline_events} of {found.baseline_requests}",
        found.odds_ratio,
        found.odds_low,
        found.odds_high,
        found.phi,
        evidence_text(found.proof),
    )


def _word(found: Finding) -> str:
    if not found.has_data:
        return "no data"
    if found.culprit:
        return "worse"
    return "proven good" if found.proven else "open"


def tell_kayenta(judgement: Judgement) -> None:
    """Print Kayenta's score and classes."""
    scored = judgement.scored
    reason = f" ({scored.reason})" if scored.reason else ""
    typer.echo(f"{judgement.outcome}: score {scored.score:g}{reason}")
    columns = ("metric", "class", "groups", "points", "baseline points", "ratio", "why")
    show_table("Kayenta's classes", columns, [_kayenta_row(metric) for metric in judgement.metrics])


def _kayenta_row(metric: JudgedMetric) -> tuple[object, ...]:
    found = metric.found
    return (
        metric.name,
        _class(metric),
        ", ".join(metric.groups),
        metric.canary_points,
        metric.baseline_points,
        found.ratio,
        found.reason,
    )


def _class(metric: JudgedMetric) -> str:
    marks = (metric.found.critical and "critical", metric.muted and "muted")
    return " ".join([metric.found.label.value, *(mark for mark in marks if mark)])


def tell_comparison(both: Comparison) -> None:
    """Print each metric as both judges see it, and the decisions."""
    ours, kayenta = both.ours, both.kayenta
    stopped = kayenta.stopped
    decisions = [
        ("trimtab, read all along", ours.verdict.decision, ours.at_seconds, ours.readings),
        ("Kayenta, read all along", *_stopped(both)),
        ("Kayenta, once at the end", _scored(kayenta.at_end), None, 1),
    ]
    show_table("decisions", ("judge", "decision", "at seconds", "readings"), decisions)
    columns = ("metric", "evidence", "trimtab", "Kayenta", "why")
    show_table("metrics", columns, _side_by_side(ours.verdict, stopped or kayenta.at_end))


def _stopped(both: Comparison) -> tuple[str, float | None, int]:
    kayenta = both.kayenta
    if kayenta.stopped is None:
        return _scored(kayenta.at_end), None, kayenta.readings
    return _scored(kayenta.stopped), kayenta.stopped_seconds, kayenta.readings


def _scored(judgement: Judgement) -> str:
    return f"{judgement.outcome}, score {judgement.scored.score:g}"


def _side_by_side(verdict: Verdict, judgement: Judgement) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    told: set[str] = set()
    for found in verdict.findings:
        names = names_of(found.metric, found.kind)
        own = [each for each in judgement.metrics if each.name in names]
        told.update(each.name for each in own)
        first = (found.metric, evidence_text(found.e_value), _word(found))
        rows += [(*first, _class(each), f"{each.name}: {each.found.reason}") for each in own]
        if not own:
            rows.append((*first, None, None))
    rest = [each for each in judgement.metrics if each.name not in told]
    return rows + [(each.name, None, None, _class(each), each.found.reason) for each in rest]


def comparison_of(both: Comparison, notes: Iterable[str]) -> dict[str, Any]:
    """Return a comparison as JSON."""
    return {"notes": list(notes), **plain_of(both)}
