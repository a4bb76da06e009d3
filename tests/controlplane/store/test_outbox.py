from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from controlplane.decide.delivery import Delivery
from controlplane.store.outbox import Message, Outbox

TRIGGER = Message(
    message_id="msg_1",
    receiver="oncall",
    position=0,
    alert_key="availability/page",
    episode=1,
    intent="trigger",
    payload={"labels": {"slo": "availability"}},
)
RESOLVE = replace(TRIGGER, message_id="msg_2", intent="resolve")


def add(engine: Engine, *messages: Message, now: float = 0.0) -> None:
    with engine.begin() as connection:
        for message in messages:
            Outbox(engine).add(connection, message, now=now)


def ended(engine: Engine, message: Message, state: str, *, at: float) -> None:
    delivery = Delivery(state=state, next_at=at, attempts=message.attempts + 1, detail="HTTP 000")
    with engine.begin() as connection:
        Outbox(engine).record(connection, message, delivery)


def due(engine: Engine, now: float) -> list[str]:
    return [message.message_id for message in Outbox(engine).due(now)]


def test_a_new_message_is_due_at_once_and_whole(engine: Engine) -> None:
    add(engine, TRIGGER, now=5.0)
    (found,) = Outbox(engine).due(5.0)
    assert found == replace(TRIGGER, id=found.id, created_at=5.0)


def test_nothing_is_due_before_its_time(engine: Engine) -> None:
    add(engine, TRIGGER, now=5.0)
    assert due(engine, 4.9) == []


def test_the_oldest_is_the_first_that_was_written_and_still_waits(engine: Engine) -> None:
    assert Outbox(engine).oldest() is None
    add(engine, TRIGGER, now=5.0)
    add(engine, replace(RESOLVE, alert_key="other"), now=7.0)
    assert Outbox(engine).oldest() == 5.0
    (first, _) = Outbox(engine).due(7.0)
    ended(engine, first, "delivered", at=8.0)
    assert Outbox(engine).oldest() == 7.0


def test_a_resolve_never_overtakes_its_trigger(engine: Engine) -> None:
    add(engine, TRIGGER, RESOLVE)
    (first,) = Outbox(engine).due(0.0)
    ended(engine, first, "pending", at=60.0)
    assert due(engine, 30.0) == []
    assert due(engine, 60.0) == ["msg_1"]
    ended(engine, first, "delivered", at=60.0)
    assert due(engine, 60.0) == ["msg_2"]


def test_a_dead_message_does_not_hold_up_the_next(engine: Engine) -> None:
    add(engine, TRIGGER, RESOLVE)
    (first,) = Outbox(engine).due(0.0)
    ended(engine, first, "dead", at=1.0)
    assert due(engine, 1.0) == ["msg_2"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"receiver": "chat"}, id="another receiver"),
        pytest.param({"position": 1}, id="another destination of the receiver"),
        pytest.param({"alert_key": "latency/page"}, id="another alert"),
    ],
)
def test_what_stands_in_another_queue_does_not_wait(
    engine: Engine, other: dict[str, object]
) -> None:
    add(engine, TRIGGER, replace(TRIGGER, message_id="msg_9", **other))  # type: ignore[arg-type]
    assert due(engine, 0.0) == ["msg_1", "msg_9"]


def test_no_more_than_the_limit_are_due_at_once(engine: Engine) -> None:
    add(engine, *(replace(TRIGGER, alert_key=f"slo-{n}/page") for n in range(5)))
    assert len(Outbox(engine).due(0.0, limit=3)) == 3


def test_the_same_news_for_the_same_destination_is_written_once(engine: Engine) -> None:
    add(engine, TRIGGER)
    with pytest.raises(IntegrityError):
        add(engine, replace(TRIGGER, message_id="msg_again"))


def test_what_became_of_a_message_is_kept(engine: Engine) -> None:
    add(engine, TRIGGER)
    (message,) = Outbox(engine).due(0.0)
    ended(engine, message, "delivered", at=7.0)
    (found,) = Outbox(engine).list()
    assert (found.state, found.attempts, found.delivered_at) == ("delivered", 1, 7.0)
    assert found.detail == "HTTP 000"


def test_only_a_delivered_message_has_a_time_of_delivery(engine: Engine) -> None:
    add(engine, TRIGGER)
    (message,) = Outbox(engine).due(0.0)
    ended(engine, message, "dead", at=7.0)
    assert Outbox(engine).list()[0].delivered_at is None


def test_what_waits_is_counted(engine: Engine) -> None:
    assert Outbox(engine).pending() == 0
    add(engine, TRIGGER, RESOLVE)
    assert Outbox(engine).pending() == 2
    ended(engine, Outbox(engine).due(0.0)[0], "dead", at=0.0)
    assert Outbox(engine).pending() == 1
