"""Drills: a small share for a moment, and home again."""

import httpx
import pytest

from controlplane import rollout_desk
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_outcome import Outcome, outcome_of
from controlplane.decide.rollout_state import Phase
from controlplane.errors import NotFound, Refused
from controlplane.rollout_drill import draft_drill
from controlplane.schemas import DrillIn
from controlplane.store.services import ServiceRecord
from tests.controlplane.loops.test_rollout import run_until_over, start, traffic_second
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio
FROZEN = """
freezes: [{name: weekend, start: "2025-12-31T00:00:00Z", duration: 72h}]
"""


def drill(world: World, **more: object) -> Rollout:
    asked = DrillIn.model_validate({"service": "resnet", **more})
    draft = draft_drill(world.plane, asked)
    conflict = asked.on_conflict
    return rollout_desk.start(world.plane, draft, idempotency_key=None, on_conflict=conflict)


async def test_the_smallest_step_goes_to_what_is_warm_and_home_again(world: World) -> None:
    await traffic_second(world)
    made = drill(world, holdSeconds=3)
    ended = await run_until_over(world, made)
    assert (ended.progress.phase, outcome_of(ended)) == (Phase.ROLLED_BACK, Outcome.DRILLED)
    assert [weights["2"] for weights in world.router.history if "2" in weights] == [5.0]
    assert world.router.weights == {"1": 100.0, "2": 0.0}
    assert world.plane.services.list()["resnet"].stable == "1"
    kinds = [event.kind for event in world.plane.trail.events(subject=f"rollout/{made.id}")]
    assert kinds == [
        "rollout.drill",
        "rollout.canary_ready",
        "rollout.drill_done",
        "rollout.weight_reached",
    ]
    (audited,) = world.plane.trail.audit()
    assert (audited.verb, audited.detail["version"]) == ("rollout.drill", "2")
    assert ended.spec.strategy == "drill"


async def test_the_share_is_held_for_as_long_as_was_asked(world: World) -> None:
    await traffic_second(world)
    drill(world, holdSeconds=20, weight=1)
    for _ in range(15):
        await traffic_second(world)
    assert world.router.weights == {"1": 99.0, "2": 1.0}


async def test_a_version_that_turns_out_bad_goes_home_at_once(world: World) -> None:
    await traffic_second(world)
    made = drill(world, holdSeconds=600, weight=50)
    ended = await run_until_over(world, made, canary_bad=1.0)
    assert outcome_of(ended) is Outcome.ROLLED_BACK


async def test_a_router_that_never_gives_the_share_has_failed_the_drill(world: World) -> None:
    await traffic_second(world)
    made = drill(world, weight=1)
    refuses = world.router.set_weights

    async def loses(weights: dict[str, float], *, fencing: int = 0) -> None:
        if weights.get("2", 0.0) == 0.0:
            await refuses(weights, fencing=fencing)

    world.router.set_weights = loses  # type: ignore[method-assign, assignment]
    for _ in range(130):
        await traffic_second(world)
    ended = world.plane.rollouts.get(made.id)
    assert outcome_of(ended) is Outcome.INCONCLUSIVE
    assert ended.progress.reason == "the router never reported 1 %"


async def test_while_a_rollout_is_under_way_it_is_refused_or_waits(world: World) -> None:
    await traffic_second(world)
    running = await start(world)
    with pytest.raises(Refused, match=f"Rollout {running.id} of resnet is"):
        drill(world)
    waits = drill(world, onConflict="queue")
    assert waits.progress.queued
    rollout_desk.ask(world.plane, running.id, "abort", reason="")
    ended = await run_until_over(world, waits)
    assert outcome_of(ended) is Outcome.DRILLED


async def test_a_freeze_refuses_it_unless_somebody_says_why(around: Surroundings) -> None:
    async with open_world(around, more=FROZEN) as world:
        await traffic_second(world)
        with pytest.raises(Refused, match="No drill of resnet now: frozen by weekend"):
            drill(world)
        made = drill(world, override="we practise on Saturdays")
        assert outcome_of(await run_until_over(world, made)) is Outcome.DRILLED


async def test_which_version_is_warm_is_found_or_asked_for(world: World) -> None:
    with pytest.raises(Refused, match="not asked yet"):
        drill(world)
    await traffic_second(world)
    world.router.weights["3"] = 0.0
    await traffic_second(world)
    with pytest.raises(Refused, match="needs one version that is kept warm beside '1'") as caught:
        drill(world)
    assert caught.value.hint == "name one of: 2, 3"
    with world.plane.engine.begin() as connection:
        record = ServiceRecord(name="resnet", stable="1", previous="3")
        world.plane.services.save(connection, record, now=world.plane.now())
    assert drill(world).spec.version == "3"
    with pytest.raises(NotFound, match="No service 'gpt'"):
        drill(world, service="gpt")
    with pytest.raises(Refused, match="has no route"):
        drill(world, service="bert", version="2")


async def test_by_rest_a_key_starts_one_drill_and_a_dry_run_none(
    world: World, api: httpx.AsyncClient
) -> None:
    await traffic_second(world)
    asked = {"service": "resnet", "holdSeconds": 1}
    dry = await api.post("/v1/rollouts:drill?dryRun=true", json=asked)
    assert (dry.status_code, dry.json()["spec"]["strategy"]) == (202, "drill")
    assert world.plane.rollouts.list() == ()
    keyed = {"idempotency-key": "k"}
    made = [await api.post("/v1/rollouts:drill", json=asked, headers=keyed) for _ in range(2)]
    assert len({answer.json()["id"] for answer in made}) == 1
    assert made[0].headers["location"] == f"/v1/rollouts/{made[0].json()['id']}"


async def test_where_somebody_else_moves_the_traffic_there_is_no_drill(
    around: Surroundings,
) -> None:
    async with open_world(around, external=True) as world:
        with pytest.raises(Refused, match="Somebody else moves the traffic of resnet"):
            drill(world)
