"""Rows of panels become one Grafana dashboard: every panel has a place and a number of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from slo.dashboards.panels import DATASOURCE, Panel, panel_json

__all__ = ["Row", "Variable", "dashboard_of"]

SCHEMA_VERSION = 39
COLUMNS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels under one headline, from left to right and downwards.

    Attributes:
        title: The headline.
        panels: What is under it.
        folded: Whether it is closed at first, and asks nothing until it is opened.
    """

    title: str
    panels: tuple[Panel, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A choice at the top: all, or some of the values of a label.

    Attributes:
        name: How queries name it, without the dollar sign.
        label: The label.
        series: Whose label it is, as a selector.
    """

    name: str
    label: str
    series: str


def dashboard_of(
    title: str,
    rows: Iterable[Row],
    *,
    uid: str,
    description: str = "",
    variables: Iterable[Variable] = (),
) -> dict[str, Any]:
    """Return a dashboard as Grafana imports it.

    Args:
        title: Its name.
        rows: From top to bottom.
        uid: What Grafana knows it by, so that a newer one takes the place of an older one.
        description: For people.
        variables: Choices beside that of the data source.
    """
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["trimtab"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_SOURCE, *(_variable(each) for each in variables)]},
        "annotations": {"list": []},
        "panels": list(_placed(rows)),
    }


_SOURCE: dict[str, Any] = {
    "name": "datasource",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "current": {},
    "hide": 0,
}


def _variable(variable: Variable) -> dict[str, Any]:
    query = f"label_values({variable.series}, {variable.label})"
    return {
        "name": variable.name,
        "label": variable.name,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": f"variable-{variable.name}"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "hide": 0,
    }


def _placed(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield rows and panels with their places; panels of a folded row lie inside it."""
    numbers, top = count(1), 0
    for row in rows:
        head = {
            "id": next(numbers),
            "type": "row",
            "title": row.title,
            "collapsed": row.folded,
            "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": top},
            "panels": [],
        }
        inside, bottom = _flow(row.panels, numbers, top + 1)
        if row.folded:
            yield {**head, "panels": inside}
            top += 1
        else:
            yield head
            yield from inside
            top = bottom


def _flow(
    panels: Iterable[Panel], numbers: Iterator[int], top: int
) -> tuple[list[dict[str, Any]], int]:
    """Return panels from left to right, line by line, and where the last line ends."""
    found, left, tallest = [], 0, 0
    for panel in panels:
        if left + panel.width > COLUMNS:
            top, left, tallest = top + tallest, 0, 0
        place = {"h": panel.height, "w": panel.width, "x": left, "y": top}
        found.append(panel_json(panel, number=next(numbers), place=place))
        left, tallest = left + panel.width, max(tallest, panel.height)
    return found, top + tallest
