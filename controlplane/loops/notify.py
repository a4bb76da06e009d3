"""Send what waits in the outbox, and write down what came back."""

import asyncio

from controlplane.decide.delivery import Answer, Result, next_delivery
from controlplane.plane import Plane
from controlplane.store.outbox import Message

__all__ = ["notify"]


async def notify(plane: Plane) -> None:
    """Try every message that is due, all destinations side by side."""
    due = plane.outbox.due(plane.now())
    await asyncio.gather(*(_deliver(plane, message) for message in due))
    plane.telemetry.outbox_pending.set(plane.outbox.pending())


async def _deliver(plane: Plane, message: Message) -> None:
    answer = await _send(plane, message)
    now = plane.now()
    delivery = next_delivery(
        answer, attempts=message.attempts + 1, now=now, jitter=float(plane.rng.random())
    )
    with plane.engine.begin() as connection:
        plane.outbox.record(connection, message, delivery)
    plane.telemetry.deliveries.labels(answer.result.value).inc()


async def _send(plane: Plane, message: Message) -> Answer:
    notifier = plane.notifiers.get((message.receiver, message.position))
    if notifier is None:
        gone = f"trimtab.yaml has no receiver {message.receiver!r} number {message.position}"
        return Answer(result=Result.RETRY, detail=gone)
    return await notifier.send(message, now=plane.now())
