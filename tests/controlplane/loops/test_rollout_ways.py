"""Strategies, guards, and rollouts that follow each other, with a model server that counts."""

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.rollout_state import Phase
from controlplane.errors import Refused
from tests.controlplane.loops.test_rollout import (
    moved,
    run_until,
    run_until_over,
    start,
    traffic_second,
)
from tests.controlplane.small_world import Surroundings, World, asked, open_world

pytestmark = pytest.mark.anyio
QA = {"name": "qa", "before": 50, "deadlineSeconds": 600}


async def test_blue_green_serves_all_at_once_and_bakes(world: World) -> None:
    rollout = await start(world, strategy="blue-green")
    ended = await run_until_over(world, rollout)
    assert ended.progress.phase is Phase.SUCCEEDED
    assert moved(world) == [100.0]
    assert world.plane.services.list()["resnet"].previous == "1"


async def test_blue_green_goes_back_at_once_when_everything_fails(world: World) -> None:
    rollout = await start(world, strategy="blue-green")
    ended = await run_until_over(world, rollout, canary_bad=1.0)
    assert ended.progress.phase is Phase.ROLLED_BACK
    assert world.router.weights == {"1": 100.0, "2": 0.0}
    assert "bad" in ended.progress.reason or "breaker" in ended.progress.reason


async def test_a_plane_that_was_away_reads_figures_before_it_goes_forward(
    around: Surroundings,
) -> None:
    """Two good requests were counted before it died; that all failed since then is still to be read."""
    async with open_world(around) as world:
        rollout = await start(world, strategy="blue-green")
        await run_until(world, rollout, Phase.PROGRESSING)
        for _ in range(3):
            await traffic_second(world, rate=10)
        assert world.plane.rollouts.get(rollout.id).progress.canary_requests > 0
    around.server.answer("2", good=300, bad=600)
    around.clock.elapsed += 600.0
    async with open_world(around) as world:
        await world.moves()
        waiting = world.plane.rollouts.get(rollout.id).progress
        assert (waiting.phase, around.router.weights["2"]) == (Phase.PROGRESSING, 100.0)
        assert waiting.reason == "no figures of the canary were read yet"
        ended = await run_until_over(world, rollout)
        assert ended.progress.phase is Phase.ROLLED_BACK


async def test_immediate_asks_only_whether_it_is_ready(world: World) -> None:
    rollout = await start(world, strategy="immediate")
    ended = await run_until_over(world, rollout, canary_bad=0.5)
    assert (ended.progress.phase, moved(world)) == (Phase.SUCCEEDED, [100.0])


async def test_by_hand_a_person_says_every_weight(world: World) -> None:
    rollout = await start(world, strategy="manual")
    await run_until(world, rollout, Phase.PROGRESSING)
    for _ in range(30):
        await traffic_second(world)
    assert moved(world) == [5.0]
    rollout_desk.set_weight(world.plane, rollout.id, 12.5, reason="so far so good")
    await traffic_second(world)
    assert world.router.weights == {"1": 87.5, "2": 12.5}
    rollout_desk.ask(world.plane, rollout.id, "promote", reason="")
    ended = await run_until_over(world, rollout)
    assert ended.progress.phase is Phase.SUCCEEDED
    draft = rollout_draft.draft(world.plane, asked("1"))
    other = rollout_desk.start(world.plane, draft, idempotency_key=None)
    with pytest.raises(Refused, match="its steps say the weight"):
        rollout_desk.set_weight(world.plane, other.id, 10.0, reason="")


async def test_all_traffic_by_hand_is_guarded_as_all_traffic(world: World) -> None:
    rollout = await start(world, strategy="manual")
    await run_until(world, rollout, Phase.PROGRESSING)
    rollout_desk.set_weight(world.plane, rollout.id, 100.0, reason="")
    ended = await run_until(world, rollout, Phase.ROLLED_BACK, canary_bad=0.5)
    assert "of its" in ended.progress.reason


async def test_lost_readiness_is_a_crash_loop(world: World) -> None:
    rollout = await start(world)
    await run_until(world, rollout, Phase.PROGRESSING)
    world.server.versions["2"] = 503
    ended = await run_until_over(world, rollout)
    assert ended.progress.phase is Phase.ROLLED_BACK
    assert ended.progress.reason.startswith("it is not ready any more")


async def test_one_waits_for_the_other_or_is_refused(world: World) -> None:
    first = await start(world)
    draft = rollout_draft.draft(world.plane, asked())
    with pytest.raises(Refused, match=f"Rollout {first.id} of resnet is"):
        rollout_desk.start(world.plane, draft, idempotency_key=None, on_conflict="refuse")
    waiting = rollout_draft.draft(world.plane, asked("3"))
    world.server.versions["3"] = 200
    waiting = rollout_desk.start(world.plane, waiting, idempotency_key=None, on_conflict="queue")
    assert waiting.progress.reason == f"waiting for {first.id}"
    assert (await run_until_over(world, first)).progress.phase is Phase.SUCCEEDED
    await world.moves()
    assert not world.plane.rollouts.get(waiting.id).progress.queued


async def test_what_succeeded_is_taken_back_at_once(world: World) -> None:
    rollout = await start(world)
    with pytest.raises(Refused, match="only what succeeded is taken back"):
        rollout_draft.back(world.plane, rollout.id)
    await run_until_over(world, rollout)
    with pytest.raises(Refused, match="'7' of resnet is not kept warm"):
        rollout_draft.back(world.plane, rollout.id, version="7")
    undo = rollout_draft.back(world.plane, rollout.id)
    rollout_desk.start(world.plane, undo, idempotency_key=None)
    ended = await run_until_over(world, undo)
    assert (ended.progress.phase, ended.spec.parent) == (Phase.SUCCEEDED, rollout.id)
    assert world.router.weights == {"1": 100.0, "2": 0.0}
    assert world.plane.services.list()["resnet"].stable == "1"


async def test_what_failed_is_tried_again_as_one_of_its_own(world: World) -> None:
    rollout = await start(world)
    with pytest.raises(Refused, match="nothing to try again"):
        rollout_draft.again(world.plane, rollout.id)
    await run_until_over(world, rollout, canary_bad=0.5)
    again = rollout_draft.again(world.plane, rollout.id)
    rollout_desk.start(world.plane, again, idempotency_key=None)
    world.server.answer("2", good=0)
    assert again.spec.steps == rollout.spec.steps
    assert again.spec.parent == rollout.id
    assert (await run_until(world, again, Phase.PROGRESSING)).id == again.id


@pytest.mark.parametrize(("factor", "alarm"), [(1.0, False), (3.0, True)], ids=["kept", "off"])
async def test_a_share_that_the_router_does_not_keep_is_told_and_decides_nothing(
    world: World,
    factor: float,
    alarm: bool,  # noqa: FBT001 -- a case
) -> None:
    rollout = await start(world, soakSeconds=60)
    await run_until(world, rollout, Phase.PROGRESSING)
    for _ in range(20):
        world.server.answer("1", good=round(400 - 20 * factor))
        world.server.answer("2", good=round(20 * factor))
        await world.second_passes()
        await world.moves()
    found = world.plane.rollouts.get(rollout.id).progress
    assert (found.phase, found.share_alarm) == (Phase.PROGRESSING, alarm)
    assert "5.0% is configured" in found.share
