"""trimtab slo explain, forecast, blame: the numbers behind a promise."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from controlplane.cli.session import (
    Format,
    FormatOption,
    connected,
    ending_well,
    show,
    show_table,
)
from controlplane.cli.times import seconds_of
from controlplane.schemas import RuleOut, SloOut

__all__ = ["blame_slo", "explain_slo", "forecast_slo", "show_budget"]


def explain_slo(name: str) -> None:
    """Show what is counted, and how budget and burn follow from the counts.

    Example: trimtab slo explain availability
    """
    with connected() as client:
        slo, rules = client.slo(name), client.slo_burn(name)
    for line in (*_budget_lines(slo), *(line for rule in rules for line in _rule_lines(rule))):
        typer.echo(line)


def show_budget(name: str, output: FormatOption = Format.TABLE) -> None:
    """Show what is left of the error budget, and what would be left without adjustments.

    Example: trimtab slo budget availability
    """
    with connected() as client:
        budget = client.slo(name).status.budget
    if output is not Format.TABLE:
        return show(budget, output)
    rows: list[tuple[object, ...]] = [
        ("as it counts", budget.remaining_ratio, budget.bad, budget.allowed_bad, budget.total)
    ]
    whole = budget.without_adjustments
    if whole is not None:
        rows.append(("unadjusted", whole.remaining_ratio, whole.bad, None, whole.total))
    return show_table(name, ("budget", "left", "bad", "allowed", "total"), rows)


def forecast_slo(name: str, output: FormatOption = Format.TABLE) -> None:
    """Say when the budget runs out: at the earliest, likely, at the latest.

    Example: trimtab slo forecast availability
    """
    with connected() as client:
        found = client.slo_forecast(name)
    if output is not Format.TABLE:
        return show(found, output)
    typer.echo(f"{name}: {found.reason} ({found.level:.0%} interval)")
    rows = [(_length(each.seconds), each.low, each.middle, each.high) for each in found.outlooks]
    return show_table(
        "share of the budget that will be gone", ("in", "low", "middle", "high"), rows
    )


def blame_slo(
    name: str,
    by: Annotated[str, typer.Option(help="Labels with commas; all that are counted.")] = "",
    window: Annotated[str | None, typer.Option(help="For example 1h; the SLO's own.")] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say which model, version or target spends the budget; the parts add up to the whole.

    Example: trimtab slo blame availability --by version --window 1h
    """
    with ending_well():
        seconds = None if window is None else seconds_of(window, "--window")
    with connected() as client:
        found = client.slo_blame(name, window_seconds=seconds, by=by)
    if output is not Format.TABLE:
        return show(found, output)
    rows = [
        (
            ", ".join(each.values),
            each.bad,
            each.total,
            each.share_of_bad,
            each.share_of_total,
            each.excess,
        )
        for each in found.parts
    ]
    columns = (",".join(found.labels), "bad", "total", "of bad", "of traffic", "excess")
    return show_table(f"{found.bad} bad of {found.total}", columns, rows)


def _budget_lines(slo: SloOut) -> list[str]:
    spec, budget = slo.spec, slo.status.budget
    allowed = 1.0 - spec.target
    begin, end = (
        f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
        for at in (budget.window_start, budget.window_end)
    )
    lines = [
        f"{slo.name} of {spec.service}: {spec.target:g} of {spec.unit} are good",
        *_kin_lines(slo),
        f"counts     {spec.indicator}",
        f"rests on   {slo.status.rests_on}",
        f"window     {begin} to {end}, of which {_length(budget.covered_seconds)} were watched",
        f"counted    {budget.bad} bad of {budget.total}",
        f"allowed    {budget.total} x {allowed:g} = {budget.allowed_bad:g}",
    ]
    if budget.perhaps_good:
        lines.append(
            f"perhaps    {budget.perhaps_good} of the bad ones are good: between two edges"
        )
    if budget.spent_ratio is None:
        return [*lines, "budget     unknown: no traffic within the window"]
    spent = f"{budget.bad} / {budget.allowed_bad:g} = {budget.spent_ratio:.4g}"
    return [*lines, f"spent      {spent}, so {budget.remaining_ratio:.1%} is left"]


def _kin_lines(slo: SloOut) -> list[str]:
    """Say what it is made of, or what it is a part of."""
    spec = slo.spec
    if spec.each:
        return [f"one each   by {', '.join(spec.each)}; {slo.status.reason}"]
    if spec.family:
        values = ", ".join(f"{name}={value}" for name, value in spec.values.items())
        return [f"one of     {spec.family}: {values}"]
    return [f"made of    {', '.join(spec.parts)}"] if spec.parts else []


def _rule_lines(rule: RuleOut) -> list[str]:
    share = f"{rule.budget_share:.3g} of the budget within {_length(rule.long.seconds)}"
    lines = [f"{rule.severity:10} above {rule.threshold:g}x, which is {share}"]
    for word, window in (("long", rule.long), ("short", rule.short)):
        burn = "no traffic" if window.burn is None else f"burns {window.burn:.4g}x"
        lines.append(
            f"  {word:8} {_length(window.seconds)}: {window.bad} bad of {window.total}, {burn}"
        )
    if rule.chance is not None:
        lines.append(
            f"  chance   {rule.chance:.2g} that a service which keeps its promise shows so many"
        )
    state = {True: "fires", False: "quiet", None: "unknown"}[rule.firing]
    return [*lines, f"  {state:8} {rule.reason}"]


def _length(seconds: float) -> str:
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
