"""What is stored of a rollout's analysis, over the real REST API, and reckoned again from it."""

import json
from dataclasses import asdict

import httpx
import pytest

from controlplane import rollout_desk
from controlplane.recorded.rollout_verdicts import recompute_rollout
from controlplane.store.rollout_verdicts import MOST_VERDICTS
from tests.controlplane.loops.test_rollout import run_until_over, start, traffic_second
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio


async def analysis(api: httpx.AsyncClient, rollout_id: str, query: str = "") -> dict[str, object]:
    response = await api.get(f"/v1/rollouts/{rollout_id}/analysis{query}")
    assert response.status_code == 200, response.text
    return dict(json.loads(response.text))


def same(found: dict[str, object]) -> None:
    """Each verdict comes out again."""
    told = recompute_rollout(found)
    assert len(told) == len(found["verdicts"])
    assert [each.differences for each in told] == [()] * len(told)


async def test_what_promoted_a_rollout_can_be_reckoned_again_after_its_end(
    api: httpx.AsyncClient, world: World
) -> None:
    ended = await run_until_over(world, await start(world))
    found = await analysis(api, ended.id)
    assert [each["phase"] for each in found["verdicts"]] == [
        "Progressing",
        "Promoting",
        "Succeeded",
    ]
    assert found["verdicts"][1]["decision"] == "promote"
    assert found["verdicts"][1]["weight"] == 50.0
    assert found["verdicts"][-1]["verdict"] == asdict(ended.progress)["evidence"]
    assert found["policy"]["alpha"] == 0.01
    assert [each["name"] for each in found["metrics"]] == ["errors", "latency"]
    same(found)


async def test_what_sent_a_rollout_home_can_be_reckoned_again(
    api: httpx.AsyncClient, world: World
) -> None:
    ended = await run_until_over(world, await start(world), canary_bad=0.5)
    found = await analysis(api, ended.id)
    decided = found["verdicts"][0]
    assert (decided["phase"], decided["decision"]) == ("RollingBack", "rollback")
    assert decided["reason"] == ended.progress.reason
    same(found)
    decided["verdict"]["findings"][0]["canary_events"] += 1
    assert recompute_rollout(found)[0].differences


async def test_a_move_that_a_person_asks_for_keeps_the_verdict_before_it(
    api: httpx.AsyncClient, world: World
) -> None:
    rollout = await start(world)
    for _ in range(5):
        await traffic_second(world)
    rollout_desk.ask(world.plane, rollout.id, "abort", reason="lunch")
    found = await analysis(api, rollout.id)
    kept = found["verdicts"][0]
    assert (kept["phase"], kept["decision"]) == ("RollingBack", "hold")
    assert kept["reason"] == "abort asked for: lunch"
    same(found)


async def test_after_a_restart_the_same_verdicts_come_out(around: Surroundings) -> None:
    async with open_world(around) as world:
        rollout = await start(world)
        for _ in range(20):
            await traffic_second(world)
        before = world.plane.rollouts.analysis(rollout.id)
    async with open_world(around) as world:
        assert world.plane.rollouts.analysis(rollout.id) == before
        ended = await run_until_over(world, rollout)
        for kept in (*world.plane.rollouts.verdicts(rollout.id),):
            assert kept.analysis["judged_seconds"] > 0.0
        assert ended.progress.phase == "Succeeded"


async def test_one_generation_can_be_asked_for(api: httpx.AsyncClient, world: World) -> None:
    ended = await run_until_over(world, await start(world))
    whole = await analysis(api, ended.id)
    wanted = whole["verdicts"][0]["generation"]
    alone = await analysis(api, ended.id, f"?generation={wanted}")
    assert alone["verdicts"] == whole["verdicts"][:1]
    missing = await api.get(f"/v1/rollouts/{ended.id}/analysis?generation=999")
    assert missing.status_code == 404


async def test_old_states_are_left_out_where_the_answer_would_be_too_long(
    api: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = await run_until_over(world, await start(world))
    monkeypatch.setattr("controlplane.api.rollout_analysis.MOST_BYTES", 10)
    found = await analysis(api, ended.id)
    assert [each["state"] is not None for each in found["verdicts"]] == [False, False, True]
    first = found["verdicts"][0]
    alone = await analysis(api, ended.id, f"?generation={first['generation']}")
    same(alone)
    assert alone["verdicts"][0]["digest"] == first["digest"]


async def test_before_traffic_there_is_no_verdict(api: httpx.AsyncClient, world: World) -> None:
    rollout = await start(world)
    found = await analysis(api, rollout.id)
    assert (found["verdicts"], found["policy"], found["baseline"]) == ([], None, "")
    unknown = await api.get("/v1/rollouts/r-9/analysis")
    assert unknown.status_code == 404


async def test_so_many_moves_are_kept_and_no_more(world: World) -> None:
    rollout = await start(world)
    for _ in range(5):
        await traffic_second(world)
    for _ in range(MOST_VERDICTS):
        rollout_desk.ask(world.plane, rollout.id, "pause", reason="")
        rollout_desk.ask(world.plane, rollout.id, "resume", reason="")
    kept = world.plane.rollouts.verdicts(rollout.id)
    assert len(kept) == MOST_VERDICTS
    assert kept[-1].generation == world.plane.rollouts.get(rollout.id).generation
