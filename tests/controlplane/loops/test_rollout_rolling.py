"""Replica by replica: each is taken over as a whole, ready and judged before the next batch."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.errors import Refused
from controlplane.routers.replicated import ReplicatedRouter
from tests.controlplane.loops.test_rollout import MOST_SECONDS, probe, start
from tests.controlplane.small_world import ModelServer, Surroundings, World, asked, open_world
from tests.fakes import MirroringRouter

pytestmark = pytest.mark.anyio
ONE = """\
targets: [{name: server, url: "SERVER/metrics", service: resnet, interval: 1s, timeout: 5s}]
slos: [slos.yaml]
services:
  resnet:
    route: {router: reference-server, url: "SERVER", name: resnet}
"""
FOUR = """\
targets: [TARGETS]
slos: [slos.yaml]
services:
  resnet:
    route: {router: reference-server, urls: [URLS], name: resnet}
"""
NAMES = ("a", "b", "c", "d")
Serve = Callable[..., Awaitable[str]]


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Four replicas, each a model server and a router of its own."""

    around: Surroundings
    servers: dict[str, ModelServer]
    routers: dict[str, MirroringRouter]
    addresses: dict[str, str]
    history: list[tuple[str, ...]] = field(default_factory=list)

    def config(self) -> tuple[str, str]:
        """Return the change by which the configuration names all replicas."""
        targets = ", ".join(
            f'{{name: {name}, url: "{url}/metrics", service: resnet, interval: 1s, timeout: 5s}}'
            for name, url in self.addresses.items()
        )
        urls = ", ".join(f'"{url}"' for url in self.addresses.values())
        return ONE, FOUR.replace("TARGETS", targets).replace("URLS", urls)

    @property
    def taken(self) -> tuple[str, ...]:
        """Names of the replicas that serve version 2."""
        return tuple(n for n, router in self.routers.items() if router.weights["2"] == 100.0)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[World]:
        """Open a plane over them."""
        around = replace(self.around, router=ReplicatedRouter(self.routers))
        async with open_world(around, change=self.config()) as world:
            yield world

    async def second(
        self, world: World, *, bad: float = 0.0, bad_on: tuple[str, ...] = NAMES, rate: int = 100
    ) -> None:
        """One second in which each replica that is there answers its share."""
        for name, router in self.routers.items():
            if router.down:
                continue
            for version, weight in router.weights.items():
                count = round(rate * weight / 100)
                failed = round(count * bad) if version == "2" and name in bad_on else 0
                self.servers[name].answer(version, good=count - failed, bad=failed)
        await world.second_passes(probe)
        before = self.taken
        await world.moves()
        assert len(set(before) ^ set(self.taken)) <= 1 or not self.taken, "too many at once"
        self.history.append(self.taken)

    async def run(self, world: World, rollout: Rollout, **how: object) -> Rollout:
        """Let time pass until the rollout is over."""
        for _ in range(MOST_SECONDS):
            await self.second(world, **how)
            found = world.plane.rollouts.get(rollout.id)
            if not found.active:
                return found
        pytest.fail(f"still {found.progress.phase}: {found.progress.reason}")


@pytest.fixture
async def fleet(around: Surroundings, serve: Serve) -> Fleet:
    return await make_fleet(around, serve, lambda: MirroringRouter({"1": 100.0, "2": 0.0}))


async def make_fleet(
    around: Surroundings, serve: Serve, router: Callable[[], MirroringRouter]
) -> Fleet:
    servers = {name: ModelServer("1", "2") for name in NAMES}
    addresses = {name: await serve(server.handle) for name, server in servers.items()}
    return Fleet(
        around=around,
        servers=servers,
        routers={name: router() for name in NAMES},
        addresses=addresses,
    )


async def test_replicas_are_taken_over_one_after_the_other(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling")
        assert rollout.spec.steps == (25.0, 50.0, 75.0)
        ended = await fleet.run(world, rollout)
        assert ended.progress.phase is Phase.SUCCEEDED, ended.progress.reason
        steps = list(dict.fromkeys(fleet.history))
        assert steps == [("a",), ("a", "b"), ("a", "b", "c"), NAMES]
        assert world.plane.services.list()["resnet"].stable == "2"
        assert world.plane.live.traffic["resnet"].weights == {"1": 0.0, "2": 100.0}


async def test_batches_grow_one_replica_at_a_time_within_what_may_be_away(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling", batch="50%")
        assert rollout.spec.steps == (50.0,)
        ended = await fleet.run(world, rollout)
        assert ended.progress.phase is Phase.SUCCEEDED
        assert ("a",) in fleet.history, "two were taken over in one round"


async def test_a_bad_version_is_seen_on_the_first_replica_and_goes_back(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling")
        ended = await fleet.run(world, rollout, bad=0.5)
        assert ended.progress.phase is Phase.ROLLED_BACK
        assert max(fleet.history, key=len) == ("a",)
        assert fleet.taken == ()


async def test_trouble_later_takes_all_of_them_back_at_once(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling")
        while len(fleet.taken) < 3:
            await fleet.second(world)
        rollout_desk.ask(world.plane, rollout.id, "abort", reason="")
        await fleet.second(world)
        assert fleet.taken == ()
        await fleet.second(world)
        assert world.plane.rollouts.get(rollout.id).progress.phase is Phase.ROLLED_BACK


async def test_a_replica_that_does_not_answer_is_told_and_waited_for(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling")
        while fleet.taken != ("a",):
            await fleet.second(world)
        fleet.routers["c"].down = True
        for _ in range(40):
            await fleet.second(world)
        found = world.plane.rollouts.get(rollout.id)
        assert fleet.taken == ("a",), "it went on with a replica away"
        assert found.progress.reason == "waiting for c, which does not answer"
        assert world.plane.live.traffic["resnet"].replicas["c"] is None
        fleet.routers["c"].down = False
        ended = await fleet.run(world, rollout)
        assert ended.progress.phase is Phase.SUCCEEDED


async def test_with_more_away_than_may_be_no_other_is_changed(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling", batch=2)
        while fleet.taken != ("a",):
            await fleet.second(world)
        fleet.routers["d"].down = True
        fleet.routers["b"].weights = {"1": 100.0, "2": 0.0}
        await fleet.second(world)
        assert fleet.taken == ("a",)
        more = rollout_draft.draft(
            world.plane, asked(strategy="rolling", batch=2, maxUnavailable=2)
        )
        rollout_desk.start(world.plane, more, idempotency_key=None)
        for _ in range(6):
            await fleet.second(world)
        assert fleet.taken == ("a", "b")
        assert world.plane.rollouts.get(rollout.id).progress.phase is Phase.SUPERSEDED


async def test_one_that_was_taken_over_and_never_comes_back_sends_all_back(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling")
        while fleet.taken != ("a", "b"):
            await fleet.second(world)
        fleet.routers["b"].down = True
        for _ in range(60):
            await fleet.second(world)
        assert world.plane.rollouts.get(rollout.id).progress.phase is Phase.PROGRESSING
        for _ in range(61):
            await fleet.second(world)
        found = world.plane.rollouts.get(rollout.id)
        assert found.progress.phase is Phase.ROLLING_BACK
        assert found.progress.reason == "b was taken over and has not answered for 120 s"
        assert fleet.routers["a"].weights == {"1": 100.0, "2": 0.0}
        fleet.routers["b"].down = False
        ended = await fleet.run(world, rollout)
        assert ended.progress.phase is Phase.ROLLED_BACK
        assert fleet.taken == ()


async def test_one_that_restarts_as_it_was_is_taken_over_again(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling")
        while fleet.taken != ("a", "b"):
            await fleet.second(world)
        fleet.routers["a"].weights = {"1": 100.0, "2": 0.0}
        await fleet.second(world)
        assert fleet.taken == ("a", "b")
        assert (await fleet.run(world, rollout)).progress.phase is Phase.SUCCEEDED


async def test_where_it_is_not_ready_the_next_batch_waits(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling")
        while fleet.taken != ("a",):
            await fleet.second(world)
        fleet.servers["a"].versions["2"] = 503
        ended = await fleet.run(world, rollout)
        assert ended.progress.phase is Phase.ROLLED_BACK
        assert ended.progress.reason.startswith("it is not ready any more")
        assert max(fleet.history, key=len) == ("a",)


async def test_a_restart_of_the_plane_goes_on_with_the_same_replicas(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="rolling")
        while fleet.taken != ("a", "b"):
            await fleet.second(world)
    async with fleet.opened() as world:
        ended = await fleet.run(world, rollout)
        assert ended.progress.phase is Phase.SUCCEEDED
    assert [names for names in dict.fromkeys(fleet.history) if names] == [
        ("a",),
        ("a", "b"),
        ("a", "b", "c"),
        NAMES,
    ]


async def test_other_strategies_give_every_replica_the_same_weights(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        rollout = await start(world, strategy="canary")
        for _ in range(4):
            await fleet.second(world)
        assert {router.weights["2"] for router in fleet.routers.values()} == {5.0}
        fleet.routers["c"].down = True
        for _ in range(20):
            await fleet.second(world)
        found = world.plane.rollouts.get(rollout.id)
        assert found.progress.reason == "waiting for c, which does not answer"
        shadow = rollout_draft.draft(world.plane, asked(strategy="shadow"))
        rollout_desk.start(world.plane, shadow, idempotency_key=None)
        for _ in range(3):
            await fleet.second(world)
        mirrors = {name: router.mirror for name, router in fleet.routers.items()}
        assert {name for name, mirror in mirrors.items() if mirror} == {"a", "b", "d"}


async def test_when_none_answers_nothing_is_known(fleet: Fleet) -> None:
    async with fleet.opened() as world:
        for router in fleet.routers.values():
            router.down = True
        await world.moves()
        assert world.plane.live.traffic["resnet"].weights is None


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"batch": 4}, "A batch of 4 is all of 4"),
        ({"batch": "100%"}, "A batch of 100% is all of 4"),
        ({"steps": [5, 50]}, "has batches of replicas, not steps"),
        ({"approvals": [{"name": "qa", "before": 25}]}, "before the first step, 25 %"),
    ],
)
async def test_batches_that_cannot_be_are_refused(
    fleet: Fleet, more: dict[str, object], told: str
) -> None:
    async with fleet.opened() as world:
        with pytest.raises(Refused, match=told):
            rollout_draft.draft(world.plane, asked(strategy="rolling", **more))


async def test_a_service_of_one_replica_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="all of 1"):
        rollout_draft.draft(world.plane, asked(strategy="rolling"))
