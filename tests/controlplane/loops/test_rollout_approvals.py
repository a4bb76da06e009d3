"""Approvals: people are told once, answer in time or not, and nobody passes them by."""

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.alert_state import AlertState
from controlplane.decide.rollout_plan import Answer
from controlplane.decide.rollout_state import Event, Phase
from controlplane.errors import NotFound, Refused
from tests.controlplane.loops.test_rollout import (
    moved,
    phase,
    run_until,
    run_until_over,
    start,
    traffic_second,
)
from tests.controlplane.small_world import Surroundings, World, asked, open_world

pytestmark = pytest.mark.anyio
QA = {"name": "qa", "before": 50, "deadlineSeconds": 600}


async def test_an_approval_is_told_once_and_its_yes_goes_on_at_once(world: World) -> None:
    rollout = await start(world, approvals=[QA])
    await run_until(world, rollout, Phase.PAUSED)
    for _ in range(20):
        await traffic_second(world)
    assert max(moved(world)) == 5.0
    key = f"rollout/{rollout.id}/approval"
    assert world.plane.live.alerts[key].state is AlertState.FIRING
    told = [m for m in world.plane.outbox.list() if m.alert_key == key]
    assert len(told) == 1
    assert (
        told[0].payload["annotations"]["first_step"] == f"trimtab rollout approve {rollout.id} qa"
    )
    with pytest.raises(Refused, match="without approval 'qa'"):
        rollout_desk.ask(world.plane, rollout.id, "resume", reason="")
    with pytest.raises(NotFound, match="has no approval 'boss'"):
        rollout_desk.answer(world.plane, rollout.id, "boss", given=Answer.APPROVE, reason="")
    rollout_desk.answer(world.plane, rollout.id, "qa", given=Answer.APPROVE, reason="fine")
    await traffic_second(world)
    assert world.router.weights["2"] == 50.0
    assert world.plane.live.alerts[key].state is AlertState.RESOLVED
    assert (await run_until_over(world, rollout)).progress.phase is Phase.SUCCEEDED


@pytest.mark.parametrize(
    ("default", "end"), [("reject", Phase.ROLLED_BACK), ("approve", Phase.SUCCEEDED)]
)
async def test_nobody_answers_and_the_default_does(world: World, default: str, end: Phase) -> None:
    rollout = await start(world, approvals=[QA | {"default": default, "deadlineSeconds": 15}])
    assert (await run_until_over(world, rollout)).progress.phase is end


async def test_nobody_waits_for_one_that_was_superseded(world: World) -> None:
    rollout = await start(world, approvals=[QA])
    await run_until(world, rollout, Phase.PAUSED)
    await start(world)
    await traffic_second(world)
    assert phase(world, rollout) is Phase.SUPERSEDED
    alert = world.plane.live.alerts[f"rollout/{rollout.id}/approval"]
    assert alert.state is AlertState.RESOLVED


async def test_promoting_needs_the_approvals_that_are_left(world: World) -> None:
    rollout = await start(world, approvals=[QA, {"name": "boss"}])
    await run_until(world, rollout, Phase.PROGRESSING)
    for name in ("qa", "boss"):
        with pytest.raises(Refused, match=f"no further without approval '{name}'"):
            rollout_desk.ask(world.plane, rollout.id, "promote", reason="")
        await run_until(world, rollout, Phase.PAUSED)
        with pytest.raises(Refused, match=f"no further without approval '{name}'"):
            rollout_desk.ask(world.plane, rollout.id, "promote", reason="")
        rollout_desk.answer(world.plane, rollout.id, name, given=Answer.APPROVE, reason="")
        await traffic_second(world)
    assert (await run_until_over(world, rollout)).progress.phase is Phase.SUCCEEDED


async def test_a_no_sends_it_home(world: World) -> None:
    rollout = await start(world, approvals=[QA])
    await run_until(world, rollout, Phase.PAUSED)
    rollout_desk.answer(world.plane, rollout.id, "qa", given=Answer.REJECT, reason="odd answers")
    ended = await run_until_over(world, rollout)
    assert ended.progress.phase is Phase.ROLLED_BACK
    assert ended.progress.reason == "qa: reject, odd answers"


async def test_a_restart_goes_on_waiting_for_the_same_answer(around: Surroundings) -> None:
    async with open_world(around) as world:
        rollout = await start(world, approvals=[QA])
        await run_until(world, rollout, Phase.PAUSED)
    async with open_world(around) as world:
        for _ in range(5):
            await traffic_second(world)
        found = world.plane.rollouts.get(rollout.id)
        assert (found.progress.phase, found.progress.approval) == (Phase.PAUSED, "qa")
        kinds = [e.kind for e in world.plane.trail.events(subject=f"rollout/{rollout.id}")]
        assert kinds.count(f"rollout.{Event.APPROVAL_NEEDED}") == 1
        rollout_desk.answer(world.plane, rollout.id, "qa", given=Answer.APPROVE, reason="")
        assert (await run_until_over(world, rollout)).progress.phase is Phase.SUCCEEDED


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        ({"approvals": [QA, QA]}, "Two approvals have one name"),
        ({"approvals": [QA | {"before": 5}]}, "before the first step, 5 %"),
        ({"approvals": [QA], "strategy": "manual"}, "stops at no approval"),
    ],
    ids=["twice", "too early", "by hand"],
)
async def test_approvals_that_cannot_be_are_refused(world: World, more, advice) -> None:
    with pytest.raises(Refused, match=advice):
        rollout_draft.draft(world.plane, asked(**more))
