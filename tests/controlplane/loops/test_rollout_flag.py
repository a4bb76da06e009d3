"""Rollouts whose versions are given by a flag: applications ask, and call the version they are given."""

import itertools

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.flags import version_for
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.errors import InvalidConfig, Refused
from tests.controlplane.loops.test_rollout import MOST_SECONDS, probe, start
from tests.controlplane.small_world import FLAG_ROUTE, Surroundings, World, asked, open_world

pytestmark = pytest.mark.anyio
USERS = [f"user-{number}" for number in range(400)]


async def flagged_second(world: World, *, canary_bad: float = 0.0) -> set[str]:
    """One second in which every user calls the version that the flag gives; return the canary's."""
    weights = world.plane.routers["resnet"].weights
    tried = {user for user in USERS if version_for("resnet", user, weights) == "2"}
    bad = round(len(tried) * canary_bad)
    world.server.answer("2", good=len(tried) - bad, bad=bad)
    world.server.answer("1", good=len(USERS) - len(tried))
    await world.second_passes(probe)
    await world.moves()
    return tried


async def run_flag(world: World, rollout: Rollout, *, canary_bad: float = 0.0) -> list[set[str]]:
    seen = []
    for _ in range(MOST_SECONDS):
        seen.append(await flagged_second(world, canary_bad=canary_bad))
        if not world.plane.rollouts.get(rollout.id).active:
            return seen
    pytest.fail(world.plane.rollouts.get(rollout.id).progress.reason)


async def test_a_good_version_is_given_to_more_and_more_users_and_nobody_goes_back(
    around: Surroundings,
) -> None:
    async with open_world(around, change=FLAG_ROUTE) as world:
        rollout = await start(world)
        seen = await run_flag(world, rollout)
        assert world.plane.rollouts.get(rollout.id).progress.phase is Phase.SUCCEEDED
        assert all(before <= after for before, after in itertools.pairwise(seen))
        assert world.plane.routers["resnet"].weights == {"2": 100.0, "1": 0.0}
        undo = rollout_draft.back(world.plane, rollout.id)
        rollout_desk.start(world.plane, undo, idempotency_key=None)
        await run_flag(world, undo)
        assert world.plane.routers["resnet"].weights == {"1": 100.0, "2": 0.0}


async def test_a_bad_version_is_taken_from_those_who_had_it(around: Surroundings) -> None:
    async with open_world(around, change=FLAG_ROUTE) as world:
        rollout = await start(world)
        await run_flag(world, rollout, canary_bad=0.6)
        assert world.plane.rollouts.get(rollout.id).progress.phase is Phase.ROLLED_BACK
        assert await flagged_second(world) == set()


async def test_a_restart_gives_everyone_what_they_had(around: Surroundings) -> None:
    async with open_world(around, change=FLAG_ROUTE) as world:
        rollout = await start(world)
        for _ in range(4):
            tried = await flagged_second(world)
        assert tried
    async with open_world(around, change=FLAG_ROUTE) as world:
        assert await flagged_second(world) == tried
        await run_flag(world, rollout)
        assert world.plane.rollouts.get(rollout.id).progress.phase is Phase.SUCCEEDED


async def test_a_flag_mirrors_nothing(around: Surroundings) -> None:
    async with open_world(around, change=FLAG_ROUTE) as world:
        with pytest.raises(Refused, match="of resnet, flag, cannot mirror"):
            rollout_draft.draft(world.plane, asked(strategy="shadow"))


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ("{router: flag, name: resnet}", "a flag needs the version"),
        ('{router: flag, name: resnet, version: "1"}', "a flag with probes needs one"),
        (
            '{router: reference-server, name: resnet, url: "http://a", version: "1"}',
            "says a version",
        ),
    ],
)
async def test_a_route_that_cannot_be_is_refused(
    around: Surroundings, route: str, told: str
) -> None:
    with pytest.raises(InvalidConfig, match=told):
        async with open_world(around, change=(FLAG_ROUTE[0], f"route: {route}")):
            pass
