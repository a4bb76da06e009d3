import re

import pytest

from controlplane.loops.evaluate import evaluate
from controlplane.loops.running import every
from controlplane.mixin import alert_groups, plane_dashboard
from controlplane.plane import Plane
from slo.dashboards import PlaneFigures, Watched, slo_dashboard
from tests.controlplane.small_world import World
from tests.slo.dashboards.watched_slos import every_panel, queries_of

MADE = plane_dashboard("trimtab")


class Enough(BaseException):
    """Ends a loop that has no end."""


async def burning(world: World) -> None:
    """Let a plane see, judge and tell."""
    for _ in range(30):
        world.server.answer("1", good=0, bad=100)
        await world.second_passes(evaluate)
    rounds = iter(range(2))

    async def round_(_plane: Plane) -> None:
        if next(rounds, None) is None:
            raise Enough

    with pytest.raises(Enough):
        await every(world.plane, "test", 1.0, round_)


@pytest.mark.anyio
async def test_every_metric_that_is_named_is_on_the_page_of_a_real_plane(world: World) -> None:
    await burning(world)
    metrics = world.plane.telemetry.registry.collect()
    shown = {sample.name for family in metrics for sample in family.samples}
    promises = world.plane.promises.values()
    slos = [Watched(spec=each.slo, rules=each.rules) for each in promises]
    rules = [rule["expr"] for group in alert_groups("trimtab") for rule in group["rules"]]
    queries = rules + queries_of(MADE) + queries_of(slo_dashboard(slos, PlaneFigures()))
    choices = [each["query"]["query"] for each in MADE["templating"]["list"][1:]]
    named = {name for query in queries + choices for name in re.findall(r"trimtab_\w+", query)}
    assert len(named) >= 20
    assert named <= shown


def test_numbers_are_unique_and_every_panel_asks_something() -> None:
    panels = list(every_panel(MADE))
    assert len({each["id"] for each in panels}) == len(panels)
    assert all(each["targets"] for each in panels if each["type"] != "row")


def test_the_job_is_the_one_that_was_named() -> None:
    assert any(
        'up{job="prod/trimtab"}' in query for query in queries_of(plane_dashboard("prod/trimtab"))
    )
