"""What holds a rollout that could go forward: freezes, spent budgets, pages."""

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.rollout_plan import Answer
from controlplane.decide.rollout_state import Phase
from controlplane.errors import Refused
from controlplane.loops.evaluate import evaluate
from tests.controlplane.loops.test_rollout import (
    moved,
    phase,
    run_until,
    run_until_over,
    start,
    traffic_second,
)
from tests.controlplane.small_world import Surroundings, asked, open_world

pytestmark = pytest.mark.anyio
QA = {"name": "qa", "before": 50, "deadlineSeconds": 600}


async def test_a_freeze_holds_what_goes_forward_and_nothing_else(around: Surroundings) -> None:
    freeze = 'freezes: [{name: new-year, start: "2026-01-01T00:00:08Z", duration: 60s}]\n'
    async with open_world(around, more=freeze) as world:
        rollout = await start(world)
        for _ in range(25):
            await traffic_second(world)
        found = world.plane.rollouts.get(rollout.id)
        assert max(moved(world)) == 5.0
        assert found.progress.reason == "frozen by new-year until 2026-01-01T00:01:08Z"
        late = rollout_draft.draft(world.plane, asked(on_conflict="queue"))
        rollout_desk.start(world.plane, late, idempotency_key=None, on_conflict="queue")
        rollout_desk.ask(world.plane, rollout.id, "abort", reason="")
        for _ in range(5):
            await traffic_second(world)
        assert phase(world, rollout) is Phase.ROLLED_BACK
        assert phase(world, late) is Phase.PENDING
        ended = await run_until_over(world, late)
        assert ended.progress.phase is Phase.SUCCEEDED


async def test_in_a_freeze_nobody_goes_forward_by_hand_either(around: Surroundings) -> None:
    freeze = 'freezes: [{name: new-year, start: "2026-01-01T00:00:20Z", duration: 200s}]\n'
    brief = QA | {"default": "approve", "deadlineSeconds": 30}
    async with open_world(around, more=freeze) as world:
        rollout = await start(world, approvals=[brief])
        await run_until(world, rollout, Phase.PAUSED)
        for _ in range(60):
            await traffic_second(world)
        assert world.plane.rollouts.get(rollout.id).progress.reason.startswith("frozen by new-year")
        with pytest.raises(Refused, match="is held: frozen by new-year"):
            rollout_desk.answer(world.plane, rollout.id, "qa", given=Answer.APPROVE, reason="")
        assert max(moved(world)) == 5.0
        by_hand = await start(world, strategy="manual", override="moved by hand")
        await run_until(world, by_hand, Phase.PROGRESSING)
        rollout_desk.set_weight(world.plane, by_hand.id, 7.0, reason="")
        rollout_desk.ask(world.plane, by_hand.id, "promote", reason="")


async def test_an_override_is_not_held(around: Surroundings) -> None:
    freeze = 'freezes: [{name: all-year, start: "2026-01-01T00:00:00Z", duration: 80d}]\n'
    async with open_world(around, more=freeze) as world:
        held = await start(world)
        for _ in range(130):
            await traffic_second(world)
        assert phase(world, held) is Phase.PENDING
        rollout = await start(world, override="the fix for the outage")
        assert (await run_until_over(world, rollout)).progress.phase is Phase.SUCCEEDED


async def test_a_page_that_fires_meanwhile_sends_it_home_and_a_spent_budget_holds_the_next(
    around: Surroundings,
) -> None:
    rules = ("horizon: 1h}", "horizon: 1h, rollback_on_page: true, budget_gate: true}")
    async with open_world(around, change=rules) as world:
        rollout = await start(world)
        await run_until(world, rollout, Phase.PROGRESSING)
        for _ in range(30):
            world.server.answer("1", good=0, bad=400)
            await traffic_second(world)
            await evaluate(world.plane)
            if phase(world, rollout) is Phase.ROLLED_BACK:
                break
        found = world.plane.rollouts.get(rollout.id)
        assert found.progress.phase is Phase.ROLLED_BACK
        assert found.progress.reason == "availability pages since it began"
        again = await start(world)
        for _ in range(10):
            await traffic_second(world)
        held = world.plane.rollouts.get(again.id).progress
        assert held.phase is Phase.PENDING
        assert held.reason.startswith("availability: ")
