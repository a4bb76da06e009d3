"""Send what waits in the outbox, and write down what came back."""

import asyncio

from controlplane.decide.delivery import Answer, Result, next_delivery
from controlplane.plane import Plane
from controlplane.store.outbox import Message

__all__ = ["notify"]

LOOK_SECONDS = 5.0
"""An outbox that was empty is looked into so often, for what another process may have put in."""


async def notify(plane: Plane) -> None:
    """Try every message that is due, all destinations side by side."""
    added, now = plane.outbox.added, plane.now()
    if plane.live.outbox_empty == added and 0.0 <= now - plane.live.outbox_seen < LOOK_SECONDS:
        return
    due = plane.outbox.due(now)
    await asyncio.gather(*(_deliver(plane, message) for message in due))
    pending, oldest = plane.outbox.pending(), plane.outbox.oldest()
    plane.telemetry.outbox_pending.set(pending)
    plane.telemetry.outbox_oldest.set(oldest or 0.0)
    plane.live.outbox_empty, plane.live.outbox_seen = None if pending else added, now


async def _deliver(plane: Plane, message: Message) -> None:
    if not plane.lease.live:
        return
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
