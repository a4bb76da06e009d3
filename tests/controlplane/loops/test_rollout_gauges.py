"""Levels of replicas in a rollout: a warning is told and decides nothing, unless it was asked to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from controlplane.api.rollout_shape import rollout_out
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.recorded.rollout_verdicts import digest_of, recompute_rollout
from controlplane.schemas import ConditionOut
from tests.controlplane.conftest import Serve
from tests.controlplane.loops.test_rollout import start, traffic_second
from tests.controlplane.small_world import ModelServer, Surroundings, World, open_world

pytestmark = pytest.mark.anyio
IN_FLIGHT = {"name": "in_flight", "margin": 2}


class Fleet:
    """Replicas of their own for each version, beside a server that answers for nobody."""

    def __init__(self, world: World, replicas: dict[str, list[ModelServer]]) -> None:
        self.world, self.replicas = world, replicas

    def level(self, version: str, *levels: int) -> None:
        """Set how many requests each replica of a version holds."""
        for replica, level in zip(self.replicas[version], levels, strict=True):
            replica.in_flight = level

    async def minutes(self, count: int) -> None:
        """Let time pass, with as many requests on each replica."""
        for _ in range(count):
            for version, servers in self.replicas.items():
                if self.world.router.weights[version]:
                    for server in servers:
                        server.answer(version, good=60)
            self.world.clock.elapsed += 59.0
            await traffic_second(self.world, rate=0)

    def shown(self, rollout: Rollout) -> ConditionOut:
        """What the rollout's condition says of its gauges."""
        found = rollout_out(self.world.plane, self.world.plane.rollouts.get(rollout.id))
        (condition,) = (c for c in found.status.conditions if c.type == "GaugesAsBefore")
        return condition


@asynccontextmanager
async def fleet(around: Surroundings, serve: Serve) -> AsyncIterator[Fleet]:
    """Two replicas of each version."""
    replicas = {version: [ModelServer("1", "2") for _ in range(2)] for version in ("1", "2")}
    targets = ""
    for version, servers in replicas.items():
        for number, server in enumerate(servers):
            url = f"{await serve(server.handle)}/metrics"
            name = f"v{version}-{number}"
            targets += (
                f'{{name: {name}, url: "{url}", service: resnet, interval: 1s, timeout: 5s}}, '
            )
    text = ("targets: [", f"targets: [{targets}")
    async with open_world(around, change=text) as world:
        yield Fleet(world, replicas)


async def begun(found: Fleet, **gauge: object) -> Rollout:
    """A rollout that a person moves, with half of the traffic on the canary."""
    asks = {"strategy": "manual", "steps": [50], "gauges": [IN_FLIGHT | gauge]}
    rollout = await start(found.world, **asks)
    await found.minutes(2)
    assert found.world.router.weights == {"1": 50.0, "2": 50.0}
    return rollout


async def test_a_higher_level_warns_and_sends_nobody_home(
    around: Surroundings, serve: Serve
) -> None:
    async with fleet(around, serve) as found:
        found.level("1", 3, 4)
        found.level("2", 20, 21)
        rollout = await begun(found)
        await found.minutes(20)
        early = found.shown(rollout)
        assert (early.status, early.reason) == ("Unknown", "NotKnown")
        assert "of 8 blocks of 5 min needed" in early.message
        await found.minutes(25)
        late = found.shown(rollout)
        assert (late.status, late.reason) == ("False", "Warning")
        assert "in_flight: 20.5 against 3.5 on the baseline, higher, a warning." in late.message
        now = found.world.plane.rollouts.get(rollout.id)
        assert now.progress.phase is Phase.PROGRESSING
        assert "in_flight has risen: a warning." in [
            reason["text"] for reason in now.progress.evidence["reasons"]
        ]
        saved = found.world.plane.rollouts.analysis(rollout.id)
        kept = {
            "decision": saved["verdict"]["decision"],
            "judgedSeconds": saved["judged_seconds"],
            "verdict": saved["verdict"],
            "state": saved["analysis"],
            "digest": digest_of(saved["judged_seconds"], saved["verdict"], saved["analysis"]),
        }
        assert recompute_rollout({"version": 1, "verdicts": [kept]})[0].differences == ()


async def test_a_gauge_that_was_asked_to_sends_the_rollout_home(
    around: Surroundings, serve: Serve
) -> None:
    async with fleet(around, serve) as found:
        found.level("1", 3, 4)
        found.level("2", 20, 21)
        rollout = await begun(found, action="rollback")
        await found.minutes(48)
        now = found.world.plane.rollouts.get(rollout.id)
        assert now.progress.phase is Phase.ROLLED_BACK
        assert now.progress.reason == "in_flight has risen, and is asked to roll back."
        assert found.world.router.weights == {"1": 100.0, "2": 0.0}


async def test_the_same_level_is_as_before(around: Surroundings, serve: Serve) -> None:
    async with fleet(around, serve) as found:
        found.level("1", 3, 4)
        found.level("2", 4, 3)
        rollout = await begun(found)
        await found.minutes(45)
        shown = found.shown(rollout)
        assert (shown.status, shown.reason) == ("True", "AsBefore")
        found.replicas["2"][0].in_flight = found.replicas["2"][1].in_flight = "NaN"
        await found.minutes(4)
        silent = found.shown(rollout)
        assert silent.status == "Unknown"
        assert "so nothing is known of now" in silent.message


async def test_a_level_of_replicas_that_serve_both_versions_is_no_versions(world: World) -> None:
    rollout = await start(world, gauges=[IN_FLIGHT])
    for _ in range(6):
        await traffic_second(world)
    shown = Fleet(world, {}).shown(rollout)
    assert shown.status == "Unknown"
    assert "read on 0 canary and 0 baseline replicas" in shown.message
    assert "1 replicas serve both versions" in shown.message


async def test_gauges_come_from_the_configuration_and_a_request_may_leave_them_out(
    around: Surroundings,
) -> None:
    asks = "gauges: [{name: queue, series: 'sum(inference_in_flight)', margin: 1}]"
    async with open_world(around, change=("horizon: 1h}", f"horizon: 1h, {asks}}}")) as world:
        usual = await start(world)
        assert [(gauge.name, gauge.series) for gauge in usual.spec.gauges] == [
            ("queue", "sum(inference_in_flight)")
        ]
        assert world.plane.rollouts.get(usual.id).spec == usual.spec
        without = await start(world, gauges=[])
        assert without.spec.gauges == ()
        assert rollout_out(world.plane, without).status.conditions[-1].type == "ShareAsAsked"


@pytest.mark.parametrize(
    ("gauges", "says"),
    [
        ([{"name": "in_flihgt"}], "in_flight"),
        ([{"name": "q", "series": "sum("}], "is no selector"),
        ([{"name": "errors"}], "cannot be called 'errors'"),
        ([IN_FLIGHT, IN_FLIGHT], "cannot be called 'in_flight'"),
    ],
)
async def test_a_gauge_that_could_never_be_read_is_refused(
    api: httpx.AsyncClient, world: World, gauges: list[object], says: str
) -> None:
    await world.measure()
    body = {"service": "resnet", "version": "2", "gauges": gauges}
    response = await api.post("/v1/rollouts", json=body)
    assert response.status_code == 409
    assert says in response.text
