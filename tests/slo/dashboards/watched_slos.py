"""SLOs for dashboards, and a walk through a dashboard's panels."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from slo import Objective, RatioSli, SloSpec, parse_selectors, rules_for
from slo.dashboards import Watched

__all__ = ["every_panel", "queries_of", "watched"]


def watched(name: str = "answers", *, target: float = 0.999, days: float = 30) -> Watched:
    objective = Objective(target=target, window=timedelta(days=days))
    spec = SloSpec(
        name=name,
        service="chat",
        description="",
        objective=objective,
        sli=RatioSli(
            bad=parse_selectors('requests_total{code="500"}'),
            total=parse_selectors("requests_total"),
        ),
        labels={},
    )
    return Watched(spec=spec, rules=rules_for(objective.window, resolution=timedelta(minutes=1)))


def every_panel(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel, rows and what is folded into them, too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def queries_of(dashboard: dict[str, Any]) -> list[str]:
    return [found["expr"] for each in every_panel(dashboard) for found in each.get("targets", ())]
