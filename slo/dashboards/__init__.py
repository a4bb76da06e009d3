"""Grafana dashboards as plain data: of SLOs, and the pieces that any dashboard is made of."""

from slo.dashboards.figures import Figures, PlaneFigures, RuleFigures, Watched
from slo.dashboards.layout import Row, Variable, dashboard_of
from slo.dashboards.of_slos import slo_dashboard
from slo.dashboards.panels import Kind, Panel, Query

__all__ = [
    "Figures",
    "Kind",
    "Panel",
    "PlaneFigures",
    "Query",
    "Row",
    "RuleFigures",
    "Variable",
    "Watched",
    "dashboard_of",
    "slo_dashboard",
]
