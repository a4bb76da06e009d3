"""When to try a notification again, and when to call it dead."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["SCHEDULE", "Answer", "Delivery", "Result", "next_delivery"]

SCHEDULE = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0)
"""Seconds between tries; the last one repeats for as long as the message is wanted."""

RETRY_AFTER_CAP = 3600.0


class Result(StrEnum):
    """What a receiver's answer means for the message."""

    DELIVERED = "delivered"
    RETRY = "retry"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back from one try.

    Attributes:
        result: See Result.
        detail: Status code or error, for a person; never a secret.
        retry_after_seconds: What the receiver asked for; None when it asked for nothing.
    """

    result: Result
    detail: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """State of a message: ``pending`` again at ``next_at``, ``delivered``, or ``dead``."""

    state: str
    next_at: float
    attempts: int
    detail: str


def next_delivery(answer: Answer, *, attempts: int, now: float, jitter: float) -> Delivery:
    """Turn a receiver's answer into the message's next state.

    A message that may still arrive is never given up: what a receiver has not acknowledged is
    tried again at the pace of the schedule's end.

    Args:
        answer: Of the try that just ended.
        attempts: Tries so far, this one included.
        now: Unix seconds.
        jitter: In [0, 1), drawn by the caller; spreads tries over the second half of the wait.
    """
    if answer.result is Result.DELIVERED:
        return Delivery(state="delivered", next_at=now, attempts=attempts, detail=answer.detail)
    if answer.result is Result.REJECTED:
        return Delivery(state="dead", next_at=now, attempts=attempts, detail=answer.detail)
    wait = SCHEDULE[min(attempts, len(SCHEDULE)) - 1] * (0.5 + 0.5 * jitter)
    if answer.retry_after_seconds is not None:
        wait = max(wait, min(answer.retry_after_seconds, RETRY_AFTER_CAP))
    return Delivery(state="pending", next_at=now + wait, attempts=attempts, detail=answer.detail)
