import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.decide.delivery import SCHEDULE, Answer, Result, next_delivery

YES = Answer(result=Result.DELIVERED, detail="HTTP 200")
LATER = Answer(result=Result.RETRY, detail="HTTP 503")
NO = Answer(result=Result.REJECTED, detail="HTTP 400")


def test_an_acknowledged_message_is_done() -> None:
    assert next_delivery(YES, attempts=1, now=10.0, jitter=0.5).state == "delivered"


def test_a_rejected_message_is_dead_and_keeps_the_answer() -> None:
    dead = next_delivery(NO, attempts=1, now=10.0, jitter=0.5)
    assert (dead.state, dead.detail) == ("dead", "HTTP 400")


def test_what_may_still_arrive_is_never_given_up() -> None:
    late = next_delivery(LATER, attempts=10_000, now=0.0, jitter=1.0)
    assert (late.state, late.next_at) == ("pending", SCHEDULE[-1])


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        pytest.param(120.0, 120.0, id="a receiver's wish is obeyed"),
        pytest.param(1e9, 3600.0, id="but not without bound"),
    ],
)
def test_retry_after(asked: float, waits: float) -> None:
    answer = Answer(result=Result.RETRY, detail="HTTP 429", retry_after_seconds=asked)
    assert next_delivery(answer, attempts=1, now=0.0, jitter=0.0).next_at == waits


@given(st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_jitter_stays_in_the_second_half_of_the_wait(attempts: int, jitter: float) -> None:
    wait = SCHEDULE[min(attempts, len(SCHEDULE)) - 1]
    next_at = next_delivery(LATER, attempts=attempts, now=0.0, jitter=jitter).next_at
    assert wait / 2 <= next_at <= wait
