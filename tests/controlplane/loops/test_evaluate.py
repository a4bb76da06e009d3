from dataclasses import replace

import pytest
from pydantic import TypeAdapter
from sqlalchemy import event

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.alert_state import AlertState
from controlplane.loops.evaluate import evaluate
from controlplane.slo_evaluation import evaluate_promise
from controlplane.spec import NotifySpec
from tests.controlplane.small_world import Surroundings, World, asked, open_world

pytestmark = pytest.mark.anyio


async def burn(world: World, seconds: int = 30, *, bad: int = 100) -> None:
    await world.second_passes(evaluate)
    for _ in range(seconds):
        world.server.answer("1", good=100 - bad, bad=bad)
        await world.second_passes(evaluate)


async def heal(world: World, seconds: int = 400) -> None:
    for _ in range(seconds // 5):
        world.server.answer("1", good=5000)
        await world.measure(5.0)
        await evaluate(world.plane)


def states(world: World) -> dict[str, AlertState]:
    return {record.key: record.alert.state for record in world.plane.alerts.list()}


async def test_a_service_that_keeps_its_promise_wakes_nobody(world: World) -> None:
    await burn(world, bad=0)
    assert states(world) == {}
    assert world.plane.outbox.list() == ()
    found = evaluate_promise(
        world.plane.promises["availability"], world.plane.counting, now=world.plane.now()
    )
    assert found.state == "ok"


async def test_a_burn_fires_once_and_tells_each_destination_of_the_route(world: World) -> None:
    await burn(world)
    assert states(world)["availability/page"] is AlertState.FIRING
    pages = [m for m in world.plane.outbox.list() if m.alert_key == "availability/page"]
    assert sorted((m.receiver, m.position, m.intent) for m in pages) == [
        ("oncall", 0, "trigger"),
        ("oncall", 1, "trigger"),
    ]
    tickets = [m for m in world.plane.outbox.list() if m.alert_key == "availability/ticket"]
    assert {m.receiver for m in tickets} == {"chat"}
    assert len({m.message_id for m in (*pages, *tickets)}) == len(pages) + len(tickets)


async def test_an_alert_says_what_where_and_what_to_do_first(world: World) -> None:
    await world.moves()
    draft = rollout_draft.draft(world.plane, asked())
    rollout = rollout_desk.start(world.plane, draft, idempotency_key=None)
    await burn(world)
    record = next(r for r in world.plane.alerts.list() if r.severity == "page")
    assert record.labels == {
        "alertname": "SLOBurn",
        "slo": "availability",
        "service": "resnet",
        "severity": "page",
    }
    assert "error budget" in record.annotations["summary"]
    assert record.annotations["rollout"] == rollout.id
    assert record.annotations["first_step"].startswith("trimtab runbook show")


async def test_when_the_burning_stops_the_same_destinations_are_told(world: World) -> None:
    await burn(world)
    await heal(world)
    assert states(world)["availability/page"] is AlertState.RESOLVED
    told = [(m.receiver, m.position, m.intent) for m in world.plane.outbox.list()]
    assert told.count(("oncall", 0, "resolve")) == told.count(("oncall", 1, "resolve")) == 1


async def test_silence_resolves_nothing(world: World) -> None:
    await burn(world)
    for _ in range(40):
        world.clock.elapsed += 60
        await evaluate(world.plane)
    assert states(world)["availability/page"] is AlertState.FIRING


async def test_a_second_fire_is_a_new_episode(world: World) -> None:
    await burn(world)
    await heal(world)
    await burn(world)
    record = next(r for r in world.plane.alerts.list() if r.severity == "page")
    assert (record.alert.state, record.alert.episode) == (AlertState.FIRING, 2)


async def test_an_alert_is_never_saved_without_its_messages(world: World) -> None:
    def disk_is_full(_c: object, _u: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO outbox"):
            raise RuntimeError("the disk is full")

    event.listen(world.plane.engine, "before_cursor_execute", disk_is_full)
    with pytest.raises(RuntimeError, match="disk is full"):
        await burn(world)
    event.remove(world.plane.engine, "before_cursor_execute", disk_is_full)
    assert states(world) == {}
    assert world.plane.live.alerts == {}
    await evaluate(world.plane)
    assert states(world)["availability/page"] is AlertState.FIRING
    assert world.plane.outbox.pending()


async def test_a_restart_neither_forgets_an_alert_nor_tells_it_again(around: Surroundings) -> None:
    async with open_world(around) as world:
        await burn(world)
        before = world.plane.outbox.list()
    async with open_world(around) as world:
        await burn(world, 5)
        assert states(world)["availability/page"] is AlertState.FIRING
        assert world.plane.outbox.list() == before


@pytest.mark.parametrize(
    ("routes", "receivers"),
    [
        pytest.param((), {"oncall", "chat"}, id="without routes everybody is told"),
        pytest.param(
            ({"match": {"slo": "latency"}, "to": "oncall"},), set(), id="without a match nobody is"
        ),
        pytest.param(
            ({"to": "chat"}, {"to": "oncall"}), {"chat"}, id="the first route that matches wins"
        ),
    ],
)
async def test_routes_decide_who_is_told(
    world: World, routes: tuple[dict[str, object], ...], receivers: set[str]
) -> None:
    found = TypeAdapter(NotifySpec).validate_python(
        {
            "receivers": {"oncall": [{"kind": "log"}], "chat": [{"kind": "log"}]},
            "routes": list(routes),
        }
    )
    config = replace(world.plane.config, notify=found)
    await burn(replace(world, plane=replace(world.plane, config=config)))
    assert {m.receiver for m in world.plane.outbox.list()} == receivers
