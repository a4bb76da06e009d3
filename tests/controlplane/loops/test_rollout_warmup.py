"""Fresh replicas are honestly slower for minutes: learned from promoted rollouts, used by the next."""

from math import exp

import pytest

from canary_analysis import Analysis, FreshMinutes
from controlplane.api.rollout_shape import rollout_out
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.loops.past_rollouts import learned_warmup
from tests.controlplane.loops.test_rollout import start, traffic_second
from tests.controlplane.small_world import Surroundings, World, asked, open_world

pytestmark = pytest.mark.anyio
SOAK = ("soak: 10s, horizon: 1h}", "soak: 6m, horizon: 1h}")
FADES, TICK, USUAL = 90.0, 15.0, 0.05


async def fresh_rollout(world: World, **more: object) -> Rollout:
    """Bring in the other version; half of its answers are slow at first, and then as few as ever."""
    stable = world.plane.services.list()["resnet"].stable
    version = "2" if stable == "1" else "1"
    rollout = await start(world, version=version, **more)
    for _ in range(3):
        await traffic_second(world)
    begun = world.plane.now()
    for _ in range(200):
        slow = 0.5 * exp(-(world.plane.now() - begun) / FADES)
        for served, weight in world.router.weights.items():
            count = round(6_000 * weight / 100)
            late = round(count * (USUAL + (slow if served == version else 0.0)))
            world.server.answer(served, good=count - late, slow=late)
        world.clock.elapsed += TICK - 1.0
        await traffic_second(world, rate=0)
        found = world.plane.rollouts.get(rollout.id)
        if not found.active:
            return found
    pytest.fail(f"still {found.progress.phase}: {found.progress.reason}")


async def test_the_next_rollout_waits_as_long_as_promoted_ones_were_slower(
    around: Surroundings,
) -> None:
    async with open_world(around, change=SOAK) as world:
        await world.moves()
        hasty = await fresh_rollout(world)
        assert hasty.progress.phase is Phase.ROLLED_BACK
        assert hasty.progress.warmup_source == (
            "0 promoted rollouts tell of it so far; 3 are needed"
        )
        patient = [await fresh_rollout(world, warmup_seconds=420.0) for _ in range(3)]
        assert [each.progress.phase for each in patient] == [Phase.SUCCEEDED] * 3
        assert patient[0].progress.warmup_source == "as configured"
        learned = await fresh_rollout(world, warmup_seconds="learned")
        assert learned.progress.phase is Phase.SUCCEEDED
        assert learned.progress.warmup_source == "learned from 3 promoted rollouts"
        assert learned.progress.warmup_rollouts == tuple(each.id for each in reversed(patient))
        left = 0.5 * exp(-learned.progress.warmup / FADES)
        assert 0.001 < left < 0.03
        policy = Analysis.restore(world.plane.rollouts.analysis(learned.id)["analysis"]).policy
        assert policy.latency_warmup_seconds == learned.progress.warmup
        shown = rollout_out(world.plane, learned)
        assert shown.spec.warmup_seconds is None
        assert shown.status.warmup_seconds == learned.progress.warmup


async def test_what_was_seen_of_the_first_minutes_outlives_a_restart(
    around: Surroundings,
) -> None:
    async with open_world(around) as world:
        rollout = await start(world)
        for _ in range(8):
            await traffic_second(world)
    async with open_world(around) as world:
        before = FreshMinutes.from_plain(world.plane.rollouts.analysis(rollout.id)["fresh"])
        assert before.counts.sum() > 0
        for _ in range(3):
            await traffic_second(world)
        after = FreshMinutes.from_plain(world.plane.rollouts.analysis(rollout.id)["fresh"])
        assert (after.counts >= before.counts).all()
        assert after.counts.sum() > before.counts.sum()


@pytest.mark.parametrize(
    ("written", "seconds"), [("", None), (", warmup: learned", None), (", warmup: 2m", 120.0)]
)
async def test_a_warm_up_is_learned_unless_it_is_written(
    around: Surroundings, written: str, seconds: float | None
) -> None:
    async with open_world(around, change=("horizon: 1h}", f"horizon: 1h{written}}}")) as world:
        rollout = await start(world)
        assert rollout.spec.warmup_seconds == seconds
        assert world.plane.rollouts.get(rollout.id).spec == rollout.spec


async def test_half_of_the_horizon_is_the_most_that_is_learned(
    around: Surroundings,
) -> None:
    async with open_world(around, change=SOAK) as world:
        await world.moves()
        for _ in range(3):
            await fresh_rollout(world, warmup_seconds=420.0)
        rollout = await start(world, version="1", horizon_seconds=200.0)
        found = learned_warmup(world.plane, rollout.spec)
        assert found.seconds == 100.0
        assert "cut to half of the horizon" in found.source


def test_a_warm_up_of_a_request_is_seconds_or_learned() -> None:
    assert asked(warmup_seconds="learned").warmup_seconds == "learned"
    with pytest.raises(ValueError, match="warmup_seconds"):
        asked(warmup_seconds="soon")
    with pytest.raises(ValueError, match="warmup_seconds"):
        asked(warmup_seconds=-1)
