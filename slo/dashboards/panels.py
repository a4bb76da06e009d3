"""One panel of a Grafana dashboard: what it asks, and how it is drawn."""

from dataclasses import dataclass, field
from enum import StrEnum
from string import ascii_uppercase
from typing import Any

__all__ = ["DATASOURCE", "Kind", "Panel", "Query", "panel_json"]

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
"""Whichever Prometheus the person before the dashboard has chosen."""

GOOD, BAD = "green", "red"
MAX_QUERIES = len(ascii_uppercase)


class Kind(StrEnum):
    """How a panel is drawn."""

    LINES = "timeseries"
    NUMBER = "stat"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question to Prometheus.

    Attributes:
        expr: PromQL.
        legend: Name of its lines; labels stand in double braces.
        color: Of its lines; chosen by Grafana when empty.
    """

    expr: str
    legend: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel.

    Attributes:
        title: Above it.
        kind: How it is drawn.
        queries: What it shows; at most 26.
        unit: Grafana's name of a unit; plain numbers when empty.
        description: For who hovers over it.
        limit: Where it turns from good to bad; None draws no threshold.
        good_above: Whether what is above the limit is good.
        bounds: Least and greatest value of the axis; None leaves one to Grafana.
        width: In columns, of 24.
        height: In Grafana's units of about 30 pixels.
        columns: New names of a table's columns, by label or query (``Value #A``); others are hidden.
    """

    title: str
    kind: Kind
    queries: tuple[Query, ...]
    unit: str = ""
    description: str = ""
    limit: float | None = None
    good_above: bool = False
    bounds: tuple[float | None, float | None] = (None, None)
    width: int = 12
    height: int = 8
    columns: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what Grafana has no letter for.

        Raises:
            ValueError: No query, or too many.
        """
        if not 0 < len(self.queries) <= MAX_QUERIES:
            msg = f"panel {self.title!r} has {len(self.queries)} queries, not 1 to {MAX_QUERIES}"
            raise ValueError(msg)


def panel_json(panel: Panel, *, number: int, place: dict[str, int]) -> dict[str, Any]:
    """Return a panel as Grafana's JSON has it.

    Args:
        panel: What is shown.
        number: Its id, unique in the dashboard.
        place: Its ``gridPos``.
    """
    return {
        "id": number,
        "type": panel.kind.value,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": place,
        "targets": [_target(panel, at, query) for at, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _OPTIONS[panel.kind],
        "transformations": _transformations(panel),
    }


_OPTIONS: dict[Kind, dict[str, Any]] = {
    Kind.LINES: {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    Kind.NUMBER: {
        "colorMode": "value",
        "graphMode": "none",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    },
    Kind.TABLE: {"showHeader": True, "cellHeight": "sm"},
}


def _target(panel: Panel, at: int, query: Query) -> dict[str, Any]:
    lines = panel.kind is Kind.LINES
    return {
        "refId": ascii_uppercase[at],
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "format": "table" if panel.kind is Kind.TABLE else "time_series",
        "range": lines,
        "instant": not lines,
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    found: dict[str, Any] = {"color": {"mode": "palette-classic"}}
    if panel.unit:
        found["unit"] = panel.unit
    bounds = zip(("min", "max"), panel.bounds, strict=True)
    found |= {name: bound for name, bound in bounds if bound is not None}
    if panel.kind is Kind.LINES:
        style = "off" if panel.limit is None else "line"
        found["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 8,
            "showPoints": "never",
            "thresholdsStyle": {"mode": style},
        }
    if panel.limit is None:
        found["thresholds"] = {"mode": "absolute", "steps": [{"color": GOOD, "value": None}]}
        return found
    below, above = (BAD, GOOD) if panel.good_above else (GOOD, BAD)
    steps = [{"color": below, "value": None}, {"color": above, "value": panel.limit}]
    found["thresholds"] = {"mode": "absolute", "steps": steps}
    if panel.kind is not Kind.LINES:
        found["color"] = {"mode": "thresholds"}
    return found


def _overrides(panel: Panel) -> list[dict[str, Any]]:
    """Return colors by query: the same thing has the same color in every panel."""
    return [
        {
            "matcher": {"id": "byFrameRefID", "options": ascii_uppercase[at]},
            "properties": [
                {"id": "color", "value": {"mode": "fixed", "fixedColor": query.color}},
            ],
        }
        for at, query in enumerate(panel.queries)
        if query.color
    ]


def _transformations(panel: Panel) -> list[dict[str, Any]]:
    """Return how the answers of a table's queries become one table."""
    if panel.kind is not Kind.TABLE:
        return []
    shown = {name: at for at, name in enumerate(panel.columns)}
    return [
        {"id": "merge", "options": {}},
        {"id": "filterFieldsByName", "options": {"include": {"names": list(shown)}}},
        {
            "id": "organize",
            "options": {"indexByName": shown, "renameByName": panel.columns},
        },
    ]
