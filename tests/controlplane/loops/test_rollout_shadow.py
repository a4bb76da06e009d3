"""A version that answers copies of requests: judged by them, and no user is given its answer."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.decide.route import Mirror
from controlplane.errors import Refused, RouterError
from tests.controlplane.loops.test_rollout import MOST_SECONDS, probe, start
from tests.controlplane.small_world import Surroundings, World, asked, open_world
from tests.fakes import InMemoryRouter, MirroringRouter

pytestmark = pytest.mark.anyio
RATE = 400


async def mirrored_second(
    world: World, *, bad: float = 0.0, different: float = 0.0, slow: float = 0.0, rate: int = RATE
) -> None:
    """One second of users' requests, and of the copies that the router asks for."""
    for version, weight in world.router.weights.items():
        world.server.answer(version, good=round(rate * weight / 100))
    mirror = world.router.mirror
    if mirror is not None:
        copies = round(rate * mirror.percent / 100)
        failed, late = round(copies * bad), round(copies * slow)
        world.server.copy("1", good=copies)
        world.server.copy(mirror.version, good=copies - failed - late, bad=failed, slow=late)
        odd = round((copies - failed) * different)
        world.server.compare(mirror.version, same=copies - failed - odd, different=odd)
    await world.second_passes(probe)
    await world.moves()


async def mirror_until_over(world: World, rollout: Rollout, **how: float) -> Rollout:
    for _ in range(MOST_SECONDS):
        await mirrored_second(world, **how)
        found = world.plane.rollouts.get(rollout.id)
        if not found.active:
            return found
    pytest.fail(f"still {found.progress.phase}: {found.progress.reason}")


@pytest.fixture
async def shadow(world: World) -> AsyncIterator[Rollout]:
    """A rollout that mirrors its first step."""
    rollout = await start(world, strategy="shadow")
    for _ in range(3):
        await mirrored_second(world)
    assert world.router.mirror == Mirror(version="2", percent=5.0, tolerance=0.001)
    yield rollout
    assert all(weights.get("2", 0.0) == 0.0 for weights in world.router.history)
    assert world.plane.services.list()["resnet"].stable == "1"


async def test_a_good_version_is_found_fit_and_serves_nobody(world: World, shadow: Rollout) -> None:
    ended = await mirror_until_over(world, shadow)
    assert ended.progress.phase is Phase.SUCCEEDED, ended.progress.reason
    assert [m and m.percent for m in world.router.mirrors] == [5.0, 50.0, None]
    assert ended.progress.compared > 1000
    assert ended.progress.different == 0
    assert world.router.weights == {"1": 100.0, "2": 0.0}
    with pytest.raises(Refused, match="nothing to take back"):
        rollout_draft.back(world.plane, shadow.id)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        pytest.param({"bad": 0.5}, "errors", id="copies that fail"),
        pytest.param({"bad": 1.0}, "all of its", id="copies that all fail"),
        pytest.param({"slow": 0.6}, "latency", id="copies that are slow"),
        pytest.param({"different": 0.3}, "answers differ; 1.00% may", id="other answers"),
    ],
)
async def test_a_version_that_is_worse_is_sent_home(
    world: World, shadow: Rollout, how: dict[str, float], why: str
) -> None:
    ended = await mirror_until_over(world, shadow, **how)
    assert ended.progress.phase is Phase.ROLLED_BACK
    assert why in ended.progress.reason
    assert world.router.mirror is None


async def test_answers_may_differ_where_one_says_so(world: World) -> None:
    rollout = await start(world, strategy="shadow", maxDifferent=1)
    ended = await mirror_until_over(world, rollout, different=0.3)
    assert ended.progress.phase is Phase.SUCCEEDED
    assert ended.progress.different > 0


async def test_too_few_comparisons_are_no_proof(around: Surroundings) -> None:
    async with open_world(around, change=("horizon: 1h", "horizon: 60s")) as world:
        rollout = await start(world, strategy="shadow", maxDifferent=0.0001)
        ended = await mirror_until_over(world, rollout)
        assert ended.progress.phase is Phase.ROLLED_BACK
        assert ended.progress.reason.startswith("no proof in time: 0 of ")
        assert "answers differ; 0.01% may" in ended.progress.reason
        assert world.router.mirror is None


@pytest.mark.parametrize("end", ["abort", "promote", "supersede"])
async def test_every_end_ends_the_mirror(world: World, shadow: Rollout, end: str) -> None:
    if end == "supersede":
        draft = rollout_draft.draft(world.plane, asked(strategy="manual"))
        rollout_desk.start(world.plane, draft, idempotency_key=None)
        world.server.versions["2"] = 503  # the newer one is not ready, so it moves nothing
    else:
        rollout_desk.ask(world.plane, shadow.id, end, reason="")
    await mirrored_second(world)
    assert world.router.mirror is None
    await mirrored_second(world)
    found = world.plane.rollouts.get(shadow.id)
    ends = {"abort": Phase.ROLLED_BACK, "promote": Phase.SUCCEEDED, "supersede": Phase.SUPERSEDED}
    assert found.progress.phase is ends[end]


async def test_a_pause_goes_on_mirroring_and_judging(world: World, shadow: Rollout) -> None:
    rollout_desk.ask(world.plane, shadow.id, "pause", reason="")
    for _ in range(20):
        await mirrored_second(world)
    assert world.router.mirror == Mirror(version="2", percent=5.0, tolerance=0.001)
    ended = await mirror_until_over(world, shadow, bad=0.5)
    assert ended.progress.phase is Phase.ROLLED_BACK


async def test_a_mirror_that_somebody_set_by_hand_is_corrected(
    world: World, shadow: Rollout
) -> None:
    world.router.mirror = Mirror(version="1", percent=100.0, tolerance=9.0)
    await mirrored_second(world)
    assert world.router.mirror == Mirror(version="2", percent=5.0, tolerance=0.001)
    rollout_desk.ask(world.plane, shadow.id, "abort", reason="")
    await mirrored_second(world)
    world.router.mirror = Mirror(version="2", percent=1.0, tolerance=0.0)
    await mirrored_second(world)
    assert world.router.mirror is None


async def test_a_server_that_forgets_its_mirror_is_told_again_and_the_step_begins_anew(
    world: World, shadow: Rollout
) -> None:
    for _ in range(6):
        await mirrored_second(world)
    world.router.mirror = None
    await mirrored_second(world)
    assert world.router.mirror is not None
    found = world.plane.rollouts.get(shadow.id)
    assert found.progress.entered_at == world.plane.now()


class HalfRouter(MirroringRouter):
    """Can be asked for weights, and refuses to mirror."""

    async def set_mirror(self, mirror: Mirror | None, *, fencing: int = 0) -> None:
        del mirror, fencing
        raise RouterError("it mirrors nothing today")


async def test_a_mirror_that_is_refused_is_asked_for_again(around: Surroundings) -> None:
    around.router = HalfRouter({"1": 100.0, "2": 0.0})
    async with open_world(around) as world:
        rollout = await start(world, strategy="shadow")
        for _ in range(20):
            await mirrored_second(world)
        found = world.plane.rollouts.get(rollout.id)
        assert found.progress.phase is Phase.PROGRESSING
        assert found.progress.reason == "waiting until the router reports 5 %"
        assert world.plane.live.traffic["resnet"].reason == "it mirrors nothing today"


async def test_all_requests_can_be_mirrored_and_a_canary_s_steps_stay_below(world: World) -> None:
    rollout = await start(world, strategy="shadow", steps=[100])
    ended = await mirror_until_over(world, rollout)
    assert ended.progress.phase is Phase.SUCCEEDED, ended.progress.reason
    with pytest.raises(Refused, match="must be below 100"):
        rollout_draft.draft(world.plane, asked(steps=[50, 100]))


async def test_a_router_that_cannot_mirror_is_refused(world: World) -> None:
    plain = replace(world.plane, routers={"resnet": InMemoryRouter({"1": 100.0})})
    with pytest.raises(Refused, match="reference-server, cannot mirror requests"):
        rollout_draft.draft(plain, asked(strategy="shadow"))


async def test_pages_that_tell_nothing_of_copies_are_refused(world: World) -> None:
    await world.measure()
    profile = world.plane.profile_of("resnet")
    assert profile is not None
    blind = replace(world.plane, profiles=(replace(profile, mirror=None),))
    with pytest.raises(Refused, match="do not tell of mirrored requests"):
        rollout_draft.draft(blind, asked(strategy="shadow"))


async def test_usual_approvals_are_not_asked_for_where_no_traffic_moves(
    around: Surroundings,
) -> None:
    usual = ("horizon: 1h}", "horizon: 1h, approvals: [{name: qa}]}")
    async with open_world(around, change=usual) as world:
        assert rollout_draft.draft(world.plane, asked(strategy="shadow")).spec.approvals == ()
        with pytest.raises(Refused, match="stops at no approval"):
            rollout_draft.draft(world.plane, asked(strategy="shadow", approvals=[{"name": "qa"}]))


async def test_a_plane_that_is_killed_goes_on_comparing_where_it_was(
    around: Surroundings,
) -> None:
    async with open_world(around) as world:
        rollout = await start(world, strategy="shadow")
        for _ in range(8):
            await mirrored_second(world, different=0.005)
        before = world.plane.rollouts.get(rollout.id).progress
        assert before.compared > 0
    async with open_world(around) as world:
        await mirrored_second(world, different=0.005)
        after = world.plane.rollouts.get(rollout.id).progress
        assert after.compared >= before.compared
        assert after.different >= before.different
        ended = await mirror_until_over(world, rollout)
        assert ended.progress.phase is Phase.SUCCEEDED, ended.progress.reason
