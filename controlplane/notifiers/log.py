"""Tells people by the log: what a plane without any receiver still does."""

import logging

from controlplane.decide.delivery import Answer, Result
from controlplane.store.outbox import Message

__all__ = ["LogNotifier"]

LOG = logging.getLogger("trimtab.alerts")


class LogNotifier:
    """Writes one line a message. Satisfies Notifier."""

    def __init__(self, *, url: str | None, secret: object) -> None:
        """Take no destination: the log is where it is."""

    async def send(self, message: Message, *, now: float) -> Answer:  # noqa: ARG002 -- Notifier
        """Write the line."""
        labels = message.payload["labels"]
        summary = message.payload["annotations"].get("summary", "")
        LOG.warning("%s %s %s: %s", message.intent, labels["severity"], labels["slo"], summary)
        return Answer(result=Result.DELIVERED, detail="logged")

    async def close(self) -> None:
        """Do nothing: the log stays open."""
