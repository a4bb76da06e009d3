import pytest

from controlplane.decide.delivery import Answer, Result
from controlplane.loops.notify import notify
from controlplane.store.outbox import Message
from tests.controlplane.small_world import Surroundings, World, open_world
from tests.fakes import RecordingNotifier

pytestmark = pytest.mark.anyio

AWAY = Answer(result=Result.RETRY, detail="HTTP 503")
BUSY = Answer(result=Result.RETRY, detail="HTTP 429", retry_after_seconds=120.0)
WRONG = Answer(result=Result.REJECTED, detail="HTTP 400")


def put(world: World, *intents: str, receiver: str = "oncall", position: int = 0) -> None:
    with world.plane.engine.begin() as connection:
        for intent in intents:
            message = Message(
                message_id=f"msg_{receiver}_{position}_{intent}",
                receiver=receiver,
                position=position,
                alert_key="availability/page",
                episode=1,
                intent=intent,
                payload={},
            )
            world.plane.outbox.add(connection, message, now=world.plane.now())


async def test_what_is_acknowledged_is_sent_once(world: World) -> None:
    put(world, "trigger")
    for _ in range(3):
        await notify(world.plane)
    assert [m.intent for m in world.oncall.messages] == ["trigger"]
    assert world.plane.outbox.list()[0].state == "delivered"


async def test_a_receiver_that_is_away_is_tried_until_it_has_acknowledged(
    around: Surroundings,
) -> None:
    around.oncall = RecordingNotifier(*[AWAY] * 6)
    async with open_world(around) as world:
        put(world, "trigger", "resolve")
        for _ in range(3000):
            world.clock.elapsed += 1
            await notify(world.plane)
            if not world.plane.outbox.pending():
                break
        assert [m.intent for m in world.oncall.messages] == ["trigger"] * 7 + ["resolve"]
        assert len({m.message_id for m in world.oncall.messages}) == 2


async def test_the_page_says_since_when_the_oldest_message_waits(around: Surroundings) -> None:
    around.oncall = RecordingNotifier(AWAY)
    async with open_world(around) as world:
        name = "trimtab_outbox_oldest_timestamp_seconds"
        put(world, "trigger")
        await notify(world.plane)
        (waiting,) = world.plane.outbox.list()
        assert world.plane.telemetry.registry.get_sample_value(name) == waiting.created_at
        world.clock.elapsed += 10
        await notify(world.plane)
        assert world.plane.telemetry.registry.get_sample_value(name) == 0.0


async def test_a_receiver_that_names_a_time_is_left_alone_until_then(
    around: Surroundings,
) -> None:
    around.oncall = RecordingNotifier(BUSY)
    async with open_world(around) as world:
        put(world, "trigger")
        await notify(world.plane)
        world.clock.elapsed += 119
        await notify(world.plane)
        assert len(world.oncall.messages) == 1
        world.clock.elapsed += 1
        await notify(world.plane)
        assert len(world.oncall.messages) == 2


async def test_a_no_is_final_and_the_next_message_goes(around: Surroundings) -> None:
    around.oncall = RecordingNotifier(WRONG)
    async with open_world(around) as world:
        put(world, "trigger", "resolve")
        await notify(world.plane)
        await notify(world.plane)
        states = [(m.intent, m.state, m.detail) for m in reversed(world.plane.outbox.list())]
        assert states == [("trigger", "dead", "HTTP 400"), ("resolve", "delivered", "ok")]


async def test_one_destination_does_not_hold_up_another(around: Surroundings) -> None:
    around.oncall = RecordingNotifier(*[AWAY] * 9)
    async with open_world(around) as world:
        put(world, "trigger")
        put(world, "trigger", position=1)
        put(world, "trigger", receiver="chat")
        await notify(world.plane)
        assert len(world.second.messages) == len(world.chat.messages) == 1


async def test_a_message_waits_for_a_receiver_that_the_configuration_no_longer_has(
    world: World,
) -> None:
    put(world, "trigger", receiver="pager")
    await notify(world.plane)
    (found,) = world.plane.outbox.list()
    assert (found.state, found.detail) == (
        "pending",
        "trimtab.yaml has no receiver 'pager' number 0",
    )


async def test_a_message_survives_a_kill_before_it_was_acknowledged(around: Surroundings) -> None:
    async with open_world(around) as world:
        put(world, "trigger")
    async with open_world(around) as world:
        await notify(world.plane)
    assert [m.intent for m in around.oncall.messages] == ["trigger"]
