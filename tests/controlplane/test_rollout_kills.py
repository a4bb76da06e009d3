"""The plane dies at random statements, commits and router calls; every rollout ends as its history allows.

Dying is simulated inside the process, so that it can happen between any two statements: what was not
committed is lost, what the router was told stays, and a new plane opens the same database.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest
from sqlalchemy import event

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.rollout_plan import Strategy
from controlplane.decide.rollout_state import Phase
from controlplane.decide.route import Mirror
from controlplane.loops.measure import save_counts
from controlplane.plane import Plane
from controlplane.routers.flag import FlagRouter
from tests.controlplane.loops.test_rollout import traffic_second
from tests.controlplane.loops.test_rollout_rolling import NAMES, Fleet, make_fleet
from tests.controlplane.loops.test_rollout_shadow import mirrored_second
from tests.controlplane.small_world import FLAG_ROUTE, Surroundings, World, asked, open_world
from tests.fakes import MirroringRouter

pytestmark = pytest.mark.anyio

MOST_SECONDS = 400
WAYS = {
    "canary": ({"strategy": "canary"}, [5.0, 50.0, 100.0]),
    "canary with an approval": (
        {"approvals": [{"name": "qa", "before": 50, "deadlineSeconds": 8, "default": "approve"}]},
        [5.0, 50.0, 100.0],
    ),
    "blue-green": ({"strategy": "blue-green"}, [100.0]),
    "immediate": ({"strategy": "immediate"}, [100.0]),
    "by hand": ({"strategy": "manual"}, [5.0, 20.0, 100.0]),
    "shadow": ({"strategy": "shadow"}, [5.0, 50.0]),
    "canary by a flag": ({"strategy": "canary"}, [5.0, 50.0, 100.0]),
}
CHANGES = {"canary by a flag": FLAG_ROUTE}
KILLS = 10


class Killed(BaseException):
    """The process is gone: nothing of it may catch this."""


@dataclass(slots=True, kw_only=True)
class Fate:
    """Kills after a random number of things that were done; ``spared`` while that is not wanted."""

    rng: np.random.Generator
    left: int = 0
    kills: int = 0
    spared: bool = True

    def draw(self) -> None:
        self.left = int(self.rng.integers(1, 40))

    def strike(self, *_: object) -> None:
        if self.spared:
            return
        self.left -= 1
        if self.left <= 0:
            self.kills += 1
            self.draw()
            raise Killed


class MortalRouter(MirroringRouter):
    """A router that keeps what it was told when whoever told it dies before or after."""

    def __init__(self, fate: Fate) -> None:
        super().__init__({"1": 100.0, "2": 0.0})
        self.fate = fate

    async def set_weights(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        self.fate.strike()
        await super().set_weights(weights, fencing=fencing)
        self.fate.strike()

    async def set_mirror(self, mirror: Mirror | None, *, fencing: int = 0) -> None:
        self.fate.strike()
        await super().set_mirror(mirror, fencing=fencing)
        self.fate.strike()


@contextmanager
def mortal(plane: Plane, fate: Fate) -> Iterator[None]:
    """Let fate strike at every statement and before every commit."""
    event.listen(plane.engine, "before_cursor_execute", fate.strike)
    event.listen(plane.engine, "commit", fate.strike)
    fate.spared = False
    try:
        yield
    finally:
        fate.spared = True


async def live_on(world: World, rollout_id: str, *, canary_bad: float) -> bool:
    """One second of traffic and of a person's attention; return whether the rollout has ended."""
    _follow_flag(world)
    found = world.plane.rollouts.get(rollout_id)
    if found.spec.strategy is Strategy.SHADOW:
        await mirrored_second(world, bad=canary_bad, rate=200)
    else:
        await traffic_second(world, canary_bad=canary_bad, rate=200)
    if world.clock.elapsed % 7.0 == 0.0:
        await save_counts(world.plane)
    found = world.plane.rollouts.get(rollout_id)
    attended = found.spec.strategy == "manual" and canary_bad == 0.0  # a bad one nobody promotes
    if attended and found.progress.phase is Phase.PROGRESSING:
        _by_hand(world.plane, rollout_id, world.plane.now() - found.progress.entered_at)
    return not found.active


def _follow_flag(world: World) -> None:
    """Let users do as the flag says, where there is one: the router that tests look at is theirs."""
    flag = world.plane.routers["resnet"]
    if isinstance(flag, FlagRouter) and world.router.weights != flag.weights:
        world.router.weights = dict(flag.weights)
        world.router.history.append(dict(flag.weights))


def _by_hand(plane: Plane, rollout_id: str, seconds: float) -> None:
    found = plane.rollouts.get(rollout_id)
    if seconds > 12.0 and found.progress.by_hand is None:
        rollout_desk.set_weight(plane, rollout_id, 20.0, reason="")
    elif seconds > 12.0 and found.progress.by_hand == 20.0:
        rollout_desk.ask(plane, rollout_id, "promote", reason="")


async def live_through(
    around: Surroundings, rollout_id: str, fate: Fate, share: float, change: tuple[str, str]
) -> None:
    """Open planes one after the other until the rollout has ended; each dies when fate strikes."""
    while around.clock.elapsed < MOST_SECONDS:
        async with open_world(around, change=change) as world:
            try:
                with mortal(world.plane, fate):
                    while around.clock.elapsed < MOST_SECONDS:
                        if await live_on(world, rollout_id, canary_bad=share):
                            return
            except Killed:
                around.clock.elapsed += 2.0  # while it is dead, traffic goes on as it was
                for version, weight in around.router.weights.items():
                    around.server.answer(version, good=round(4 * weight))


@pytest.mark.parametrize("end", ["good", "bad"])
@pytest.mark.parametrize("way", WAYS)
async def test_every_rollout_ends_as_its_history_allows(
    around: Surroundings, way: str, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten kills of each way, good and bad."""
    rng, kills, rollouts = np.random.default_rng([len(way), len(end)]), 0, 0
    while kills < KILLS:
        folder = around.folder / str(rollouts)
        folder.mkdir()
        fate = Fate(rng=rng)
        fresh = replace(around, folder=folder, router=MortalRouter(fate))
        await one_rollout(fresh, fate, way, bad=end == "bad")
        kills, rollouts = kills + fate.kills, rollouts + 1
        around.clock.elapsed = 0.0
    with capsys.disabled():
        print(f"\n  {way}, {end}: {kills} kills in {rollouts} rollouts", end="")  # noqa: T201 -- the figure


async def one_rollout(around: Surroundings, fate: Fate, way: str, *, bad: bool) -> None:
    (more, steps), change = WAYS[way], CHANGES.get(way, ("", ""))
    async with open_world(around, change=change) as world:
        await world.moves()
        draft = rollout_draft.draft(world.plane, asked(**more))
        rollout = rollout_desk.start(world.plane, draft, idempotency_key=None)
    fate.draw()
    await live_through(around, rollout.id, fate, 0.6 if bad else 0.0, change)
    async with open_world(around, change=change) as world:
        _follow_flag(world)
        ended = world.plane.rollouts.get(rollout.id)
        assert world.plane.trail.first_break() is None
    sent_home = bad and way != "immediate"
    expected = Phase.ROLLED_BACK if sent_home else Phase.SUCCEEDED
    assert ended.progress.phase is expected, ended.progress.reason
    seen = [weights.get("2", 0.0) for weights in around.router.history]
    if ended.spec.strategy is Strategy.SHADOW:
        assert set(seen) <= {0.0}, "a user was given the answer of a mirrored version"
        seen = [0.0 if mirror is None else mirror.percent for mirror in around.router.mirrors]
    forward = list(dict.fromkeys(weight for weight in seen if weight > 0.0))
    assert forward == steps[: len(forward)], "a step was skipped, or a weight was above its step"
    moved = not sent_home and ended.spec.strategy.moves_traffic
    assert around.router.weights.get("2", 0.0) == (100.0 if moved else 0.0)
    assert around.router.mirror is None


@pytest.mark.parametrize("end", ["good", "bad"])
async def test_a_rolling_rollout_ends_as_its_history_allows(
    around: Surroundings,
    serve: Callable[..., Awaitable[str]],
    end: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ten kills, good and bad: whatever dies in between, replicas are taken over in order, one by one."""
    rng, kills, rollouts = np.random.default_rng([4, len(end)]), 0, 0
    while kills < KILLS:
        folder = around.folder / str(rollouts)
        folder.mkdir()
        fate = Fate(rng=rng)
        around.clock.elapsed = 0.0
        fresh = replace(around, folder=folder)
        fleet = await make_fleet(fresh, serve, lambda fate=fate: MortalRouter(fate))
        await roll_through(fleet, fate, bad=end == "bad")
        kills, rollouts = kills + fate.kills, rollouts + 1
    with capsys.disabled():
        print(f"\n  rolling, {end}: {kills} kills in {rollouts} rollouts", end="")  # noqa: T201 -- the figure


async def roll_through(fleet: Fleet, fate: Fate, *, bad: bool) -> None:
    """Open planes over a fleet until its rollout has ended; each dies when fate strikes."""
    async with fleet.opened() as world:
        await world.moves()
        draft = rollout_draft.draft(world.plane, asked(strategy="rolling"))
        rollout = rollout_desk.start(world.plane, draft, idempotency_key=None)
    fate.draw()
    clock, over = fleet.around.clock, False
    while not over and clock.elapsed < MOST_SECONDS:
        async with fleet.opened() as world:
            try:
                with mortal(world.plane, fate):
                    while not over and clock.elapsed < MOST_SECONDS:
                        await fleet.second(world, bad=0.6 if bad else 0.0)
                        over = not world.plane.rollouts.get(rollout.id).active
            except Killed:
                clock.elapsed += 2.0
    async with fleet.opened() as world:
        ended = world.plane.rollouts.get(rollout.id)
        assert world.plane.trail.first_break() is None
    assert ended.progress.phase is (Phase.ROLLED_BACK if bad else Phase.SUCCEEDED)
    assert fleet.taken == (() if bad else NAMES)
    order = [names for names in dict.fromkeys(fleet.history) if names]
    assert order == [NAMES[: count + 1] for count in range(len(order))], "a replica was passed over"
