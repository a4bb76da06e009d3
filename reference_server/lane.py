"""One version's lane: a bounded queue and the threads that work it off.

The event loop puts jobs in and gets futures; it never waits for a model.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reference_server.batching import fits_with, rows_of, split, stack
from reference_server.datatypes import Array
from reference_server.errors import Busy, InjectedFault, ModelFailed
from reference_server.faults import FaultPlan, spoil
from reference_server.onnx_model import OnnxModel

__all__ = ["Done", "Lane", "LaneLimits"]

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLimits:
    """How much one version does at once.

    Attributes:
        workers: Threads that compute.
        queue_limit: Requests that may wait; one more is refused.
        max_batch: Rows computed in one call; 1 computes every request by itself.
        max_wait_seconds: How long the first request of a batch waits for company.
    """

    workers: int = 1
    queue_limit: int = 128
    max_batch: int = 1
    max_wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a job.

    Attributes:
        outputs: In the model's order.
        queue_seconds: From the queue's door to a worker's hand.
    """

    outputs: list[Array]
    queue_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    inputs: dict[str, Array]
    plan: FaultPlan | None
    entered: float
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Done]

    def tell(self, answer: Done | Exception) -> None:
        """Hand over the answer from a worker's thread."""
        try:
            self.loop.call_soon_threadsafe(self._settle, answer)
        except RuntimeError:
            LOG.debug("the loop is gone; nobody waits for this answer")

    def _settle(self, answer: Done | Exception) -> None:
        if self.future.done():
            return
        if isinstance(answer, Done):
            self.future.set_result(answer)
        else:
            self.future.set_exception(answer)


class Lane:
    """A version that answers.

    Args:
        model: What computes.
        limits: How much at once.
        on_batch: Told, on a worker's thread, the rows of each call and each request's seconds in
            the queue.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        model: OnnxModel,
        limits: LaneLimits,
        *,
        on_batch: Callable[[int, Sequence[float]], None],
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.model = model
        self.in_flight = 0
        self._limits = limits
        self._on_batch = on_batch
        self._monotonic = monotonic
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._batches = limits.max_batch > 1 and model.takes_batches
        # Daemons: a worker in the middle of a long computation must not keep the process alive.
        self._threads = [
            threading.Thread(target=self._work, daemon=True) for _ in range(limits.workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many requests no worker has taken yet."""
        return self._jobs.qsize()

    def submit(self, inputs: dict[str, Array], plan: FaultPlan | None) -> asyncio.Future[Done]:
        """Queue a request; call it from the event loop.

        Raises:
            Busy: The queue is full.
        """
        if self.waiting >= self._limits.queue_limit:
            msg = f"The queue is full: {self._limits.queue_limit} requests wait. Try again later."
            raise Busy(msg)
        loop = asyncio.get_running_loop()
        job = _Job(
            inputs=inputs,
            plan=plan,
            entered=self._monotonic(),
            loop=loop,
            future=loop.create_future(),
        )
        self._jobs.put(job)
        return job.future

    def close(self, timeout: float) -> None:
        """Let workers finish what is queued, for at most `timeout` seconds."""
        for _ in self._threads:
            self._jobs.put(None)
        deadline = self._monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - self._monotonic()))

    def _work(self) -> None:
        job = self._jobs.get()
        while job is not None:
            batch, job = self._gather(job) if self._batches else ([job], None)
            self._compute(batch)
            job = self._jobs.get() if job is None else job

    def _gather(self, first: _Job) -> tuple[list[_Job], _Job | None]:
        """Wait for company. Returns the batch, and a job that did not fit into it."""
        batch, rows = [first], rows_of(first.inputs)
        deadline = self._monotonic() + self._limits.max_wait_seconds
        while rows < self._limits.max_batch:
            try:
                job = self._jobs.get(timeout=max(0.0, deadline - self._monotonic()))
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)  # the call to stop, for the next round
                break
            rows += rows_of(job.inputs)
            if rows > self._limits.max_batch or not fits_with(first.inputs, job.inputs):
                return batch, job
            batch.append(job)
        return batch, None

    def _compute(self, batch: list[_Job]) -> None:
        taken = self._monotonic()
        waits = [taken - job.entered for job in batch]
        self._suffer([job.plan for job in batch if job.plan is not None])
        kept = [(job, wait) for job, wait in zip(batch, waits, strict=True) if not _failed(job)]
        if not kept:
            return
        rows = [rows_of(job.inputs) for job, _ in kept]
        self._on_batch(sum(rows), waits)
        try:
            outputs = self.model.run(stack([job.inputs for job, _ in kept]))
            answers = split(outputs, rows)
        except ModelFailed as error:
            for job, _ in kept:
                job.tell(error)
            return
        for (job, wait), answer in zip(kept, answers, strict=True):
            spoiled = job.plan is not None and job.plan.spoils
            done = [spoil(output) for output in answer] if spoiled else answer
            job.tell(Done(outputs=done, queue_seconds=wait))

    @staticmethod
    def _suffer(plans: list[FaultPlan]) -> None:
        """Be slow and lose memory as planned; a slow model does hold its worker."""
        for plan in plans:
            plan.leak()
        delay = max((plan.delay_seconds for plan in plans), default=0.0)
        if delay:
            time.sleep(delay)


def _failed(job: _Job) -> bool:
    """Answer a job that is to fail."""
    if job.plan is None or not job.plan.fails:
        return False
    msg = "injected fault"
    job.tell(InjectedFault(msg))
    return True
