"""The dashboard of a control plane: does it see, go round, and reach people?"""

from typing import Any

from slo.dashboards import Kind, Panel, Query, Row, Variable, dashboard_of

__all__ = ["plane_dashboard"]

HERE = 'instance=~"$instance"'
LINES, NUMBER = Kind.LINES, Kind.NUMBER


def plane_dashboard(job: str) -> dict[str, Any]:
    """Return a Grafana dashboard of control planes, as plain data that JSON can hold.

    Args:
        job: By which Prometheus scrapes the plane.
    """
    return dashboard_of(
        "Trimtab",
        [_standing(job), _sight(), _loops(), _people()],
        uid="trimtab-plane",
        description="The control plane itself. Its SLOs have a dashboard of their own.",
        variables=[Variable(name="instance", label="instance", series="trimtab_slos")],
    )


def _standing(job: str) -> Row:
    unknown = (
        f"(trimtab_slo_counted{{{HERE}}} == 1) unless {_of('slo_error_budget_remaining_ratio')}"
    )
    up, rest = _of("targets", 'state="up"'), _of("targets", 'state!="up"')
    return Row(
        title="Is it well?",
        panels=(
            _number("Planes that answer", f'count(up{{job="{job}"}} == 1) or vector(0)'),
            _number("Targets that are up", f"sum({up})"),
            _number("Targets that are not", f"sum({rest})", bad=1),
            _number("Messages that wait", f"sum({_of('outbox_pending')})", bad=1),
            _number("SLOs", f"sum({_of('slos')})"),
            _number("SLOs not counted", f"count({_of('slo_counted')} == 0) or vector(0)", bad=1),
            _number("SLOs of which nothing is known", f"count({unknown}) or vector(0)", bad=1),
            _number("SLOs this page leaves out", f"sum({_of('slos_left_out')})", bad=1),
        ),
    )


def _sight() -> Row:
    seconds = f"sum by (le) (rate({_of('scrape_seconds_bucket')}[$__rate_interval]))"
    # Without a scrape there is no quantile, and NaN is not at least 0.
    quantiles = tuple(
        Query(expr=f"histogram_quantile({share}, {seconds}) >= 0", legend=f"{share:.0%}")
        for share in (0.5, 0.99)
    )
    return Row(
        title="What it sees",
        panels=(
            _lines("Targets by state", f"sum by (state) ({_of('targets')})", "{{state}}"),
            _lines("Scrapes a second", _rate("scrapes_total", "outcome"), "{{outcome}}"),
            Panel(title="Time of a scrape", kind=LINES, queries=quantiles, unit="s"),
            _lines(
                "Impossible samples a second",
                _rate("bad_samples_total", "instance"),
                "{{instance}}",
            ),
            _lines("Pushed points a second", _rate("push_points_total", "outcome"), "{{outcome}}"),
        ),
    )


def _loops() -> Row:
    last = f"time() - max by (instance, loop) ({_of('loop_last_round_timestamp_seconds')})"
    return Row(
        title="How it goes round",
        panels=(
            _lines("Since the last round", last, "{{loop}}", unit="s"),
            _lines("Failed rounds a second", _rate("loop_failures_total", "loop"), "{{loop}}"),
        ),
    )


def _people() -> Row:
    oldest = _of("outbox_oldest_timestamp_seconds")
    age = f"max by (instance) (time() - ({oldest} > 0)) or 0 * max by (instance) ({oldest})"
    firing = f"sum by (alertname, severity) ({_of('alert_firing')})"
    return Row(
        title="Whom it reaches, and what it moves",
        panels=(
            _lines("Messages that wait", _of("outbox_pending"), "{{instance}}"),
            _lines("Age of the oldest of them", age, "{{instance}}", unit="s"),
            _lines("Tries to deliver a second", _rate("deliveries_total", "result"), "{{result}}"),
            _lines("Steps of alerts a second", _rate("alert_steps_total", "intent"), "{{intent}}"),
            _lines("Alerts of SLOs that fire", firing, "{{alertname}} {{severity}}"),
            _lines("Events of rollouts", _rate("rollout_moves_total", "event"), "{{event}}"),
        ),
    )


def _of(name: str, more: str = "") -> str:
    """Return a metric of the chosen planes."""
    labels = f"{HERE},{more}" if more else HERE
    return f"trimtab_{name}{{{labels}}}"


def _rate(name: str, label: str) -> str:
    return f"sum by ({label}) (rate({_of(name)}[$__rate_interval]))"


def _lines(title: str, expr: str, legend: str, *, unit: str = "") -> Panel:
    queries = (Query(expr=expr, legend=legend),)
    return Panel(title=title, kind=LINES, queries=queries, unit=unit, bounds=(0.0, None))


def _number(title: str, expr: str, *, bad: float | None = None) -> Panel:
    queries = (Query(expr=expr),)
    return Panel(title=title, kind=NUMBER, queries=queries, limit=bad, width=6, height=4)
