from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.errors import RouterError
from controlplane.loops.probe import ask, questions
from controlplane.loops.rollout import move_traffic
from controlplane.plane import Plane
from probes.breaker import Breaker, State
from tests.controlplane.small_world import Surroundings, World, asked, open_world
from tests.fakes import MirroringRouter

pytestmark = pytest.mark.anyio

MOST_SECONDS = 120


async def probe(plane: Plane) -> None:
    for question in questions(plane):
        await ask(plane, question)


async def start(world: World, **more: object) -> Rollout:
    await world.moves()
    rollout = rollout_draft.draft(world.plane, asked(**more))
    return rollout_desk.start(world.plane, rollout, idempotency_key=None)


def phase(world: World, rollout: Rollout) -> Phase:
    return world.plane.rollouts.get(rollout.id).progress.phase


async def traffic_second(world: World, *, canary_bad: float = 0.0, rate: int = 400) -> None:
    """One second of requests, spread as the router says."""
    for version, weight in world.router.weights.items():
        count = round(rate * weight / 100)
        bad = round(count * canary_bad) if version == "2" else 0
        world.server.answer(version, good=count - bad, bad=bad)
    await world.second_passes(probe)
    await world.moves()


async def run_until(world: World, rollout: Rollout, wanted: Phase, **how: float) -> Rollout:
    for _ in range(120):
        await traffic_second(world, **how)
        found = world.plane.rollouts.get(rollout.id)
        if found.progress.phase is wanted:
            return found
    pytest.fail(f"still {found.progress.phase}: {found.progress.reason}")


def moved(world: World) -> list[float]:
    return [weights.get("2", 0.0) for weights in world.router.history]


async def run_until_over(world: World, rollout: Rollout, *, canary_bad: float = 0.0) -> Rollout:
    for _ in range(MOST_SECONDS):
        await traffic_second(world, canary_bad=canary_bad)
        found = world.plane.rollouts.get(rollout.id)
        if not found.active:
            return found
    pytest.fail(f"still {found.progress.phase} after {MOST_SECONDS} s: {found.progress.reason}")


async def test_the_version_with_most_traffic_is_the_stable_one(world: World) -> None:
    world.router.weights = {"1": 20.0, "2": 80.0}
    await world.moves()
    assert world.plane.services.list()["resnet"].stable == "2"
    assert world.router.weights == {"1": 0.0, "2": 100.0}


async def test_a_good_canary_goes_step_by_step_to_all_traffic(world: World) -> None:
    rollout = await start(world)
    ended = await run_until_over(world, rollout)
    assert ended.progress.phase is Phase.SUCCEEDED
    assert world.router.weights == {"1": 0.0, "2": 100.0}
    service = world.plane.services.list()["resnet"]
    assert (service.stable, service.previous) == ("2", "1")
    moved = [weights.get("2", 0.0) for weights in world.router.history]
    assert moved == [5.0, 50.0, 100.0]
    kinds = [e.kind for e in world.plane.trail.events(subject=f"rollout/{rollout.id}")]
    assert kinds == [
        "rollout.start",
        "rollout.canary_ready",
        "rollout.step_passed",
        "rollout.last_step_passed",
        "rollout.weight_reached",
    ]


async def test_a_bad_canary_is_sent_home_with_the_reason(world: World) -> None:
    rollout = await start(world)
    ended = await run_until_over(world, rollout, canary_bad=0.5)
    assert ended.progress.phase is Phase.ROLLED_BACK
    assert ended.progress.verdict == "rollback"
    assert ended.progress.evidence
    assert world.router.weights == {"1": 100.0, "2": 0.0}
    assert world.plane.services.list()["resnet"].stable == "1"
    assert max(weights.get("2", 0.0) for weights in world.router.history) == 5.0


async def test_a_canary_that_is_not_ready_gets_no_traffic(world: World) -> None:
    world.server.versions["2"] = 503
    rollout = await start(world)
    for _ in range(5):
        await traffic_second(world)
    assert phase(world, rollout) is Phase.PENDING
    assert world.router.weights["2"] == 0.0
    world.clock.elapsed += 120
    await traffic_second(world)
    assert phase(world, rollout) is Phase.FAILED
    assert all(weights.get("2", 0.0) == 0.0 for weights in world.router.history)


async def test_without_a_page_nothing_begins(world: World) -> None:
    rollout = await start(world)
    await world.moves()
    assert phase(world, rollout) is Phase.PENDING


async def test_a_router_that_is_away_is_asked_again_and_nothing_is_decided(world: World) -> None:
    rollout = await start(world)
    for _ in range(3):
        await traffic_second(world)
    world.router.down = True
    for _ in range(30):
        world.server.answer("1", good=300)
        await world.second_passes(probe)
        await world.moves()
    assert world.plane.live.traffic["resnet"].weights is None
    found = world.plane.rollouts.get(rollout.id)
    assert (found.progress.phase, found.progress.step) == (Phase.PROGRESSING, 0)
    world.router.down = False
    ended = await run_until_over(world, rollout)
    assert ended.progress.phase is Phase.SUCCEEDED


async def test_somebody_who_moves_the_weights_by_hand_is_corrected(world: World) -> None:
    rollout = await start(world)
    for _ in range(3):
        await traffic_second(world)
    world.router.weights = {"1": 0.0, "2": 100.0}
    await traffic_second(world)
    assert world.router.weights == {"1": 95.0, "2": 5.0}
    assert phase(world, rollout) is Phase.PROGRESSING


async def test_an_open_breaker_of_the_canary_sends_it_home(world: World) -> None:
    rollout = await start(world)
    for _ in range(3):
        await traffic_second(world)
    world.plane.live.breakers["resnet", "2"] = Breaker(state=State.OPEN, reason="many failed")
    await world.moves()
    assert phase(world, rollout) is Phase.ROLLING_BACK
    assert world.router.weights == {"1": 100.0, "2": 0.0}
    await world.moves()
    assert phase(world, rollout) is Phase.ROLLED_BACK


async def test_a_paused_rollout_stays_where_it_is(world: World) -> None:
    rollout = await start(world)
    for _ in range(3):
        await traffic_second(world)
    rollout_desk.ask(world.plane, rollout.id, "pause", reason="lunch")
    for _ in range(40):
        await traffic_second(world)
    assert phase(world, rollout) is Phase.PAUSED
    assert world.router.weights == {"1": 95.0, "2": 5.0}
    rollout_desk.ask(world.plane, rollout.id, "resume", reason="back")
    ended = await run_until_over(world, rollout)
    assert ended.progress.phase is Phase.SUCCEEDED


async def test_a_newer_rollout_gives_the_traffic_back_before_it_begins(world: World) -> None:
    older = await start(world)
    for _ in range(3):
        await traffic_second(world)
    newer = await start(world)
    assert phase(world, older) is Phase.SUPERSEDED
    await world.moves()
    assert phase(world, newer) is Phase.PROGRESSING
    ended = await run_until_over(world, newer)
    assert ended.progress.phase is Phase.SUCCEEDED


@pytest.mark.parametrize("seconds_to_live", [3, 7, 12])
@pytest.mark.parametrize(
    ("canary_bad", "end", "stable"),
    [
        pytest.param(0.0, Phase.SUCCEEDED, "2", id="a good canary"),
        pytest.param(0.5, Phase.ROLLED_BACK, "1", id="a bad canary"),
    ],
)
async def test_a_plane_that_is_killed_again_and_again_comes_to_the_right_end(
    around: Surroundings, seconds_to_live: int, canary_bad: float, end: Phase, stable: str
) -> None:
    rollout, seen = None, []
    for _ in range(MOST_SECONDS):
        async with open_world(around) as world:
            rollout = rollout or await start(world)
            for _ in range(seconds_to_live):
                await traffic_second(world, canary_bad=canary_bad)
                found = world.plane.rollouts.get(rollout.id)
                allowed = {Phase.PROGRESSING: found.weight, Phase.PENDING: 0.0}
                weight = world.router.weights["2"]
                assert weight <= allowed.get(found.progress.phase, 100.0)
                seen.append(weight)
        if not found.active:
            break
    assert found.progress.phase is end
    assert world.router.weights[stable] == 100.0
    if end is Phase.SUCCEEDED:
        assert seen == sorted(seen)
    else:
        assert max(seen) <= 5.0


class BrokenRouter(MirroringRouter):
    """Fails in a way that nobody thought of."""

    async def read_weights(self) -> dict[str, float]:
        raise KeyError("weights")


async def test_trouble_with_one_service_is_no_matter_of_the_others(world: World) -> None:
    routers = {"bert": BrokenRouter({"1": 100.0}), "resnet": world.router}
    await move_traffic(replace(world.plane, routers=routers))
    assert world.plane.live.traffic["bert"].weights is None
    assert world.plane.live.traffic["resnet"].weights == {"1": 100.0, "2": 0.0}


async def test_without_a_readiness_probe_a_version_is_taken_at_its_word(world: World) -> None:
    config = world.plane.config
    resnet = replace(config.services["resnet"], probes=())
    config = replace(config, services=config.services | {"resnet": resnet})
    silent = replace(world, plane=replace(world.plane, config=config))
    rollout = await start(silent)
    await silent.measure()
    await silent.moves()
    assert phase(silent, rollout) is Phase.PROGRESSING


class MeddledRouter(MirroringRouter):
    """Reads well; can refuse to be set, and lets something happen between reading and deciding."""

    def __init__(self) -> None:
        super().__init__({"1": 100.0, "2": 0.0})
        self.deaf = False
        self.meanwhile: list[Callable[[], object]] = []

    async def read_weights(self) -> dict[str, float]:
        found = await super().read_weights()
        while self.meanwhile:
            self.meanwhile.pop()()
        return found

    async def set_weights(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        if self.deaf:
            raise RouterError("not now")
        await super().set_weights(weights, fencing=fencing)


async def test_a_router_that_refuses_is_asked_again_until_it_reports_the_weights(
    around: Surroundings,
) -> None:
    around.router = router = MeddledRouter()
    async with open_world(around) as world:
        rollout = await start(world)
        router.deaf = True
        for _ in range(20):
            await traffic_second(world)
        assert world.plane.live.traffic["resnet"].reason == "not now"
        found = world.plane.rollouts.get(rollout.id)
        assert (found.progress.phase, found.progress.step) == (Phase.PROGRESSING, 0)
        assert found.progress.reason == "waiting until the router reports 5 %"
        router.deaf = False
        assert (await run_until_over(world, rollout)).progress.phase is Phase.SUCCEEDED


async def test_a_verb_that_comes_between_reading_and_deciding_is_not_overwritten(
    around: Surroundings,
) -> None:
    around.router = router = MeddledRouter()
    async with open_world(around) as world:
        rollout = await start(world)
        for _ in range(3):
            await traffic_second(world)
        router.meanwhile.append(
            lambda: rollout_desk.ask(world.plane, rollout.id, "abort", reason="stop")
        )
        await traffic_second(world)
        assert phase(world, rollout) is Phase.ROLLING_BACK
        await traffic_second(world)
        await traffic_second(world)
        assert phase(world, rollout) is Phase.ROLLED_BACK
        assert router.weights == {"1": 100.0, "2": 0.0}
