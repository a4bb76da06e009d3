"""The dashboard of SLOs: all of them at a glance, then each with its budget, burn and events."""

from collections.abc import Sequence
from typing import Any

from slo.alert_windows import BurnRule, Severity
from slo.dashboards.figures import CHOSEN, Figures, Watched
from slo.dashboards.layout import Row, Variable, dashboard_of
from slo.dashboards.panels import MAX_QUERIES, Kind, Panel, Query
from slo.rules.promql_text import length_text

__all__ = ["slo_dashboard"]

LINES, NUMBER, TABLE = Kind.LINES, Kind.NUMBER, Kind.TABLE
LOW_BUDGET = 0.25
NAMED = "{{slo}}"
BAD_COLOR, ALL_COLOR, SHORT_COLOR = "red", "blue", "orange"


def slo_dashboard(
    slos: Sequence[Watched], figures: Figures, *, title: str = "SLOs", uid: str = "trimtab-slos"
) -> dict[str, Any]:
    """Return a Grafana dashboard of SLOs, as plain data that JSON can hold.

    Args:
        slos: What is shown; each has a folded row of its own.
        figures: Where the figures come from.
        title: Name of the dashboard.
        uid: What Grafana knows it by.
    """
    services = Variable(name="service", label="service", series=figures.known)
    chosen = f'{figures.known}{{service=~"$service"}}'
    return dashboard_of(
        title,
        [_overview(slos, figures), *(_detail(slo, figures) for slo in slos)],
        uid=uid,
        description="Error budgets, burn rates and alerts.",
        variables=[services, Variable(name="slo", label="slo", series=chosen)],
    )


def _overview(slos: Sequence[Watched], figures: Figures) -> Row:
    budget, firing = figures.budget(CHOSEN), figures.firing(CHOSEN)
    gone = f"count({budget} <= 0) or vector(0)"
    return Row(
        title="All SLOs",
        panels=(
            _number("SLOs with a known budget", f"count({budget})"),
            _number("Overspent", gone, limit=1),
            _number("Lowest budget left", f"min({budget})", unit="percentunit", limit=0.0),
            _number("Alerts that fire", f"count({firing}) or vector(0)", limit=1),
            Panel(
                title="Error budget left",
                kind=LINES,
                queries=(Query(expr=budget, legend=NAMED),),
                unit="percentunit",
                limit=0.0,
                good_above=True,
            ),
            Panel(
                title="Burn rate",
                kind=LINES,
                queries=_each(figures.fastest_burns(slos)),
                description="1 empties the budget in exactly one window.",
                limit=1.0,
            ),
            _by_slo("Bad events a second", figures.events(slos, CHOSEN, bad=True)),
            _by_slo("All events a second", figures.events(slos, CHOSEN, bad=False)),
            _budgets(budget),
            _alerts(firing),
        ),
    )


def _detail(slo: Watched, figures: Figures) -> Row:
    budget, firing = figures.budget(slo.own), figures.firing(slo.own)
    left = Panel(
        title="Error budget left",
        kind=LINES,
        queries=(Query(expr=budget, legend="left"),),
        unit="percentunit",
        description="As close as the axis allows.",
    )
    held = Panel(
        title="Error budget left, of all of it",
        kind=LINES,
        queries=left.queries,
        unit="percentunit",
        description="The line is where a quarter is left.",
        limit=LOW_BUDGET,
        good_above=True,
        bounds=(None, 1.0),
    )
    fires = Panel(
        title="Alerts that fire",
        kind=LINES,
        queries=(Query(expr=f"count({firing}) or vector(0)", legend="fire"),),
        bounds=(0.0, None),
    )
    return Row(
        title=f"{slo.spec.service}: {slo.spec.name}",
        folded=True,
        panels=(
            _number("Objective", figures.objective(slo), unit="percentunit"),
            _number("Error budget left", budget, unit="percentunit", limit=0.0),
            _number("Alerts that fire", f"count({firing}) or vector(0)", limit=1),
            _number("Promised over", f"vector({_seconds(slo)})", unit="s"),
            left,
            held,
            *(_rule(slo, rule, figures) for rule in slo.rules),
            _events(slo, figures),
            fires,
        ),
    )


def _rule(slo: Watched, rule: BurnRule, figures: Figures) -> Panel:
    """Return the burn over both windows of a rule, with its threshold as a line."""
    factor = rule.threshold(slo.spec.objective.window)
    long, short = length_text(rule.long), length_text(rule.short)
    whom = "pages" if rule.severity is Severity.PAGE else "makes a ticket"
    return Panel(
        title=f"Burn over {long} and {short}: {whom} from {factor:g}",
        kind=LINES,
        queries=(
            Query(expr=figures.burn(slo, rule, short=False), legend=long, color=ALL_COLOR),
            Query(expr=figures.burn(slo, rule, short=True), legend=short, color=SHORT_COLOR),
        ),
        description="It calls when both are above the line.",
        limit=factor,
        bounds=(0.0, None),
    )


def _events(slo: Watched, figures: Figures) -> Panel:
    (bad,) = figures.events([slo], slo.own, bad=True)
    (every,) = figures.events([slo], slo.own, bad=False)
    return Panel(
        title="Events a second",
        kind=LINES,
        queries=(
            Query(expr=bad, legend="bad", color=BAD_COLOR),
            Query(expr=every, legend="all", color=ALL_COLOR),
        ),
        bounds=(0.0, None),
    )


def _by_slo(title: str, exprs: tuple[str, ...]) -> Panel:
    return Panel(title=title, kind=LINES, queries=_each(exprs), bounds=(0.0, None))


def _each(exprs: tuple[str, ...]) -> tuple[Query, ...]:
    """Return a query for each; more than a panel can hold are put together."""
    whole, rest = exprs[: MAX_QUERIES - 1], exprs[MAX_QUERIES - 1 :]
    joined = (*whole, " or ".join(rest)) if rest else whole
    return tuple(Query(expr=expr, legend=NAMED) for expr in joined)


def _budgets(budget: str) -> Panel:
    return Panel(
        title="Budgets, the lowest first",
        kind=TABLE,
        queries=(Query(expr=f"sort({budget})"),),
        unit="percentunit",
        limit=0.0,
        good_above=True,
        columns={"service": "Service", "slo": "SLO", "Value": "Error budget left"},
    )


def _alerts(firing: str) -> Panel:
    columns = {"alertname": "Alert", "service": "Service", "slo": "SLO", "severity": "Severity"}
    return Panel(title="What fires", kind=TABLE, queries=(Query(expr=firing),), columns=columns)


def _number(title: str, expr: str, *, unit: str = "", limit: float | None = None) -> Panel:
    """Return one number; budgets are good above their limit, and counts below it."""
    return Panel(
        title=title,
        kind=NUMBER,
        queries=(Query(expr=expr),),
        unit=unit,
        limit=limit,
        good_above=bool(unit),
        width=6,
        height=4,
    )


def _seconds(slo: Watched) -> str:
    return f"{slo.spec.objective.window.total_seconds():g}"
