"""What is found about rollouts of a service, by looking at it."""

import pytest

from controlplane.decide.rollout_lint import LintFinding
from controlplane.errors import NotFound
from controlplane.rollout_lint import lint_service
from tests.controlplane.small_world import SLO, Surroundings, World, open_world

pytestmark = pytest.mark.anyio
LATENCY = """
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency, displayName: Answers in time}
spec:
  description: 95 % are answered in 0.3 s
  service: resnet
  indicator:
    metadata: {name: fast}
    spec:
      thresholdMetric:
        metricSource:
          type: trimtab
          spec: {query: 'inference_request_duration_seconds{model="resnet"}'}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30m, isRolling: true}]
  objectives: [{displayName: fast, op: lte, value: 0.3, target: 0.95}]
"""
FREEZE = """
freezes: [{name: weekend, start: "2026-01-01T00:30:00Z", duration: 72h}]
"""


async def linted(world: World, *, rate: int = 2_000, bad: float = 0.001) -> dict[str, LintFinding]:
    async def look() -> None:
        world.server.answer("1", good=round(rate * (1 - bad)), bad=round(rate * bad))
        await world.measure()

    found = await lint_service(world.plane, "resnet", look=look)
    return {each.code: each for each in found}


async def test_a_service_that_is_well_has_only_notes(world: World) -> None:
    found = await linted(world)
    assert set(found) == {"few-replicas"}
    assert found["few-replicas"].note


async def test_traffic_is_counted_as_it_is(world: World) -> None:
    assert "no-traffic" in await linted(world, rate=0)
    slow = await linted(world, rate=2, bad=0.0)
    assert slow["blind-first-step"].fact.startswith("1 canary requests in the first step")


async def test_a_router_that_does_not_answer_is_told(world: World) -> None:
    world.router.down = True
    found = await linted(world)
    assert found["router-unreachable"].fact == "the router is down"


async def test_a_limit_between_edges_is_told_with_the_edges_next_to_it(
    around: Surroundings,
) -> None:
    async with open_world(around, slo=SLO + LATENCY.replace("0.3", "0.5")) as world:
        assert "limit-between-edges" not in await linted(world)
    async with open_world(around, slo=SLO + LATENCY) as world:
        found = await linted(world)
    assert found["limit-between-edges"].fact == (
        "latency: 0.3 s is no edge of the buckets; next to it are 0.1 s and 0.5 s"
    )


async def test_a_freeze_that_comes_before_the_end_is_told(around: Surroundings) -> None:
    async with open_world(around, more=FREEZE) as world:
        assert "frozen by weekend until" in (await linted(world))["freeze"].fact


async def test_what_cannot_be_started_at_all_is_the_only_finding(world: World) -> None:
    async def look() -> None:
        await world.measure()

    (found,) = await lint_service(world.plane, "bert", look=look)
    assert (found.code, found.note, "has no route" in found.fact) == ("cannot-start", False, True)
    with pytest.raises(NotFound, match="No service 'gpt'"):
        await lint_service(world.plane, "gpt", look=look)


async def test_where_somebody_else_moves_the_traffic_only_the_pages_are_looked_at(
    around: Surroundings,
) -> None:
    async with open_world(around, external=True) as world:
        assert set(await linted(world)) == {"few-replicas"}
