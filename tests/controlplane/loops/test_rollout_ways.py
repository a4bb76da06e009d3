"""Strategies, approvals, freezes, budgets and guards, with a model server that counts."""

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.alert_state import AlertState
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_plan import Answer
from controlplane.decide.rollout_state import Event, Phase
from controlplane.errors import NotFound, Refused
from controlplane.loops.evaluate import evaluate
from tests.controlplane.loops.test_rollout import (
    phase,
    run_until_over,
    start,
    traffic_second,
)
from tests.controlplane.small_world import Surroundings, World, asked, open_world

pytestmark = pytest.mark.anyio
QA = {"name": "qa", "before": 50, "deadlineSeconds": 600}


async def run_until(world: World, rollout: Rollout, wanted: Phase, **how: float) -> Rollout:
    for _ in range(120):
        await traffic_second(world, **how)
        found = world.plane.rollouts.get(rollout.id)
        if found.progress.phase is wanted:
            return found
    pytest.fail(f"still {found.progress.phase}: {found.progress.reason}")


def moved(world: World) -> list[float]:
    return [weights.get("2", 0.0) for weights in world.router.history]


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


async def test_all_traffic_by_hand_is_guarded_as_all_traffic(world: World) -> None:
    rollout = await start(world, strategy="manual")
    await run_until(world, rollout, Phase.PROGRESSING)
    rollout_desk.set_weight(world.plane, rollout.id, 100.0, reason="")
    ended = await run_until(world, rollout, Phase.ROLLED_BACK, canary_bad=0.5)
    assert "of its" in ended.progress.reason


async def test_a_no_sends_it_home(world: World) -> None:
    rollout = await start(world, approvals=[QA])
    await run_until(world, rollout, Phase.PAUSED)
    rollout_desk.answer(world.plane, rollout.id, "qa", given=Answer.REJECT, reason="odd answers")
    ended = await run_until_over(world, rollout)
    assert ended.progress.phase is Phase.ROLLED_BACK
    assert ended.progress.reason == "qa: reject, odd answers"


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
