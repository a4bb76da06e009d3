"""Rollouts that somebody else moves: judged, never moved."""

from collections.abc import AsyncIterator

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.errors import Refused
from tests.controlplane.loops.test_rollout import traffic_second
from tests.controlplane.small_world import Surroundings, World, asked, open_world

pytestmark = pytest.mark.anyio
WEEKEND = """
freezes: [{name: weekend, start: "2025-12-31T00:00:00Z", duration: 72h}]
"""


@pytest.fixture
async def watched(around: Surroundings) -> AsyncIterator[World]:
    around.router.weights = {"1": 75.0, "2": 25.0}
    async with open_world(around, external=True, more=WEEKEND) as world:
        yield world


def observed(world: World, **more: object) -> Rollout:
    draft = rollout_draft.draft(world.plane, asked(against="1", **more))
    return rollout_desk.start(world.plane, draft, idempotency_key=None)


async def seen_for(world: World, rollout: Rollout, seconds: int, *, bad: float = 0.0) -> Rollout:
    for _ in range(seconds):
        await traffic_second(world, canary_bad=bad)
    return world.plane.rollouts.get(rollout.id)


async def test_it_is_judged_though_frozen_and_no_router_is_told_anything(watched: World) -> None:
    rollout = observed(watched, horizonSeconds=90)
    early = await seen_for(watched, rollout, 60)
    assert (early.progress.phase, early.progress.verdict) == (Phase.PROGRESSING, "promote")
    ended = await seen_for(watched, rollout, 40)
    assert (ended.progress.phase, ended.spec.strategy) == (Phase.SUCCEEDED, "observe")
    assert watched.router.history == []
    assert watched.plane.services.list() == {}
    assert watched.plane.live.traffic["resnet"].weights is None


async def test_a_bad_version_ends_it_at_once(watched: World) -> None:
    ended = await seen_for(watched, observed(watched), 60, bad=0.05)
    assert (ended.progress.phase, ended.progress.verdict) == (Phase.ROLLED_BACK, "rollback")
    assert watched.router.history == []


async def test_a_plane_that_comes_back_when_time_is_over_reads_what_it_missed(
    around: Surroundings,
) -> None:
    around.router.weights = {"1": 75.0, "2": 25.0}
    async with open_world(around, external=True) as world:
        rollout = observed(world, horizonSeconds=300)
        await seen_for(world, rollout, 10)
    around.server.answer("1", good=30_000)
    around.server.answer("2", good=10_000)
    around.clock.elapsed += 600.0
    async with open_world(around, external=True) as world:
        await world.moves()
        waiting = world.plane.rollouts.get(rollout.id).progress
        assert (waiting.phase, waiting.reason) == (
            Phase.PROGRESSING,
            "no figures of the canary were read yet",
        )
        ended = await seen_for(world, rollout, 5)
        assert ended.progress.phase is Phase.SUCCEEDED
        assert ended.progress.canary_requests > 10_000


async def test_without_traffic_nothing_is_proven_when_time_is_over(watched: World) -> None:
    watched.router.weights = {"1": 100.0, "2": 0.0}
    ended = await seen_for(watched, observed(watched, horizonSeconds=20), 30)
    assert ended.progress.phase is Phase.ROLLED_BACK
    assert ended.progress.reason.startswith("no proof in time")


@pytest.mark.parametrize(
    ("named", "told"),
    [
        pytest.param(
            {"strategy": "canary"}, "Somebody else moves the traffic", id="not ours to move"
        ),
        pytest.param({"against": ""}, "needs the version it is compared with", id="against nobody"),
        pytest.param({"against": "2"}, "not '2'", id="against itself"),
    ],
)
async def test_what_cannot_be_observed_is_refused(
    watched: World, named: dict[str, str], told: str
) -> None:
    with pytest.raises(Refused, match=told):
        rollout_draft.draft(watched.plane, asked(**{"against": "1", **named}))


async def test_what_we_move_is_not_observed(world: World) -> None:
    with pytest.raises(Refused, match="Trimtab moves the traffic of resnet"):
        rollout_draft.draft(world.plane, asked(strategy="observe", against="1"))
    with pytest.raises(Refused, match="Only a rollout that is observed"):
        rollout_draft.draft(world.plane, asked(against="1"))
