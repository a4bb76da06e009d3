"""A bounded queue and the threads that work it off."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from reference_server.errors import Busy, InjectedFault, ModelFailed
from reference_server.faults import FaultPlan
from reference_server.lane import Done, Lane, LaneLimits

pytestmark = pytest.mark.anyio


class Doubler:
    """A model that doubles, and can be held back."""

    takes_batches = True

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.broken = False

    def run(self, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        self.gate.wait(10)
        self.calls.append(inputs["x"].shape[0])
        if self.broken:
            raise ModelFailed("broken")
        return [inputs["x"] * 2]


@contextmanager
def lane_of(model: Any, **limits: Any) -> Iterator[tuple[Lane, list[int]]]:
    batches: list[int] = []

    def tell(rows: int, waits: Sequence[float]) -> None:
        assert min(waits) >= 0.0
        batches.append(rows)

    lane = Lane(model, LaneLimits(**limits), on_batch=tell)
    try:
        yield lane, batches
    finally:
        model.gate.set()
        lane.close(5)


def rows(*values: float) -> dict[str, np.ndarray]:
    return {"x": np.array(values)[:, np.newaxis]}


def plan(**what: Any) -> FaultPlan:
    nothing: dict[str, Any] = {
        "delay_seconds": 0.0,
        "fails": False,
        "spoils": False,
        "leak_bytes": 0,
        "leak_into": [],
    }
    return FaultPlan(**{**nothing, **what})


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110 -- a thread makes it happen
            await asyncio.sleep(0.001)


async def test_a_job_is_answered() -> None:
    with lane_of(Doubler()) as (lane, batches):
        done = await lane.submit(rows(1, 2), None)
    assert done.outputs[0].tolist() == [[2.0], [4.0]]
    assert done.queue_seconds >= 0.0
    assert batches == [2]


async def test_a_full_queue_refuses_at_once() -> None:
    model = Doubler()
    model.gate.clear()
    with lane_of(model, queue_limit=2) as (lane, _):
        first = lane.submit(rows(0), None)
        await until(lambda: lane.waiting == 0)
        others = [lane.submit(rows(number), None) for number in (1, 2)]
        assert lane.waiting == 2
        with pytest.raises(Busy, match="2 requests wait"):
            lane.submit(rows(3), None)
        model.gate.set()
        assert len(await asyncio.gather(first, *others)) == 3


async def test_requests_that_wait_are_computed_together() -> None:
    model = Doubler()
    model.gate.clear()
    with lane_of(model, max_batch=3) as (lane, batches):
        first = lane.submit(rows(0), None)
        await until(lambda: lane.waiting == 0)
        others = [lane.submit(rows(number), None) for number in (1, 2, 3, 4)]
        model.gate.set()
        done = await asyncio.gather(first, *others)
    assert [one.outputs[0].tolist() for one in done] == [[[2.0 * number]] for number in range(5)]
    assert batches == [1, 3, 1]


async def test_a_request_that_does_not_fit_is_computed_next() -> None:
    model = Doubler()
    model.gate.clear()
    with lane_of(model, max_batch=4) as (lane, batches):
        first = lane.submit(rows(0), None)
        await until(lambda: lane.waiting == 0)
        others = [lane.submit(rows(*range(count)), None) for count in (2, 3, 1)]
        model.gate.set()
        await asyncio.gather(first, *others)
    assert batches == [1, 2, 4]


async def test_a_batch_waits_for_company_no_longer_than_allowed() -> None:
    with lane_of(Doubler(), max_batch=8, max_wait_seconds=0.001) as (lane, batches):
        await lane.submit(rows(1), None)
    assert batches == [1]


async def test_what_is_queued_is_finished_before_the_lane_closes() -> None:
    model = Doubler()
    model.gate.clear()
    with lane_of(model, max_batch=8, max_wait_seconds=5.0) as (lane, _):
        jobs = [lane.submit(rows(number), None) for number in range(3)]
    assert [(await job).outputs[0].item() for job in jobs] == [0.0, 2.0, 4.0]


async def test_a_model_that_fails_fails_each_of_its_requests() -> None:
    model = Doubler()
    model.broken = True
    with lane_of(model) as (lane, _):
        with pytest.raises(ModelFailed):
            await lane.submit(rows(1), None)
        model.broken = False
        assert isinstance(await lane.submit(rows(1), None), Done)


async def test_faults_do_as_planned() -> None:
    leaked: list[bytes] = []
    with lane_of(Doubler()) as (lane, batches):
        with pytest.raises(InjectedFault, match="injected fault"):
            await lane.submit(rows(1), plan(fails=True))
        wrong = await lane.submit(rows(1), plan(spoils=True, delay_seconds=0.001))
        await lane.submit(rows(1), plan(leak_bytes=10, leak_into=leaked))
    assert wrong.outputs[0].tolist() == [[3.0]]
    assert leaked == [b"\x01" * 10]
    assert batches == [1, 1]


async def test_a_client_that_no_longer_waits_harms_nobody() -> None:
    model = Doubler()
    model.gate.clear()
    with lane_of(model) as (lane, _):
        gone = lane.submit(rows(1), None)
        gone.cancel()
        model.gate.set()
        assert (await lane.submit(rows(2), None)).outputs[0].item() == 4.0


def test_an_answer_after_the_loop_is_gone_is_dropped() -> None:
    model = Doubler()
    model.gate.clear()

    async def leave(lane: Lane) -> None:
        lane.submit(rows(1), None)

    with lane_of(model) as (lane, _):
        asyncio.run(leave(lane))
    assert model.calls == [1]
