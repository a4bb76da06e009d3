"""The copies of requests that a mirror asks for: answered after the client was, and thrown away.

A copy starts when the client has its answer, waits in the lane of its own version, and is dropped
where too many are under way. So no request waits for one, and none fails with one.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from reference_server.comparison import compare
from reference_server.datatypes import Array
from reference_server.errors import AnsweredError, Busy
from reference_server.faults import FaultDesk, FaultPlan
from reference_server.lane import Done, Lane
from reference_server.mirror_metrics import MirrorMetrics
from reference_server.protocol import parse_call

__all__ = ["Copy", "Shadow"]

LOG = logging.getLogger(__name__)
MOST_COPIES = 64
"""Copies under way in the whole server; one more is dropped, and counted."""
MOST_BYTES = 64 << 20
"""Inputs and answers that copies hold in memory, together."""
DEADLINE_SECONDS = 30.0
"""A copy that is not answered by then counts as failed."""
COMPARED_AT_ONCE_BYTES = 64 << 10
"""Larger answers are compared on a thread, so that the loop goes on."""
ANSWERED, TIMED_OUT = 200, 504


class Copy:
    """One request that is mirrored, filled in on its way.

    Attributes:
        model: Its name.
        live: The version that the client is answered by.
        version: The one that answers as well.
        tolerance: For comparing the answers.
        body: As it came.
        inputs: What it was read to; None until it was, and then what is copied.
        seconds: From the client's version's queue to its answer.
        outputs: The client's answer; None where it failed.
        code: The status that the client was answered with; 0 until it was.
    """

    __slots__ = (
        *("body", "code", "inputs", "lane", "live", "live_lane"),
        *("model", "outputs", "seconds", "tolerance", "version"),
    )

    def __init__(
        self, *, model: str, live: str, version: str, live_lane: Lane, lane: Lane, tolerance: float
    ) -> None:
        self.model, self.live, self.version = model, live, version
        self.live_lane, self.lane, self.tolerance = live_lane, lane, tolerance
        self.body = b""
        self.inputs: Mapping[str, Array] | None = None
        self.outputs: list[Array] | None = None
        self.seconds = 0.0
        self.code = 0

    async def taken(
        self,
        body: bytes,
        inputs: dict[str, Array],
        plan: FaultPlan | None,
        monotonic: Callable[[], float],
    ) -> Done:
        """Have the client's request answered, and keep what the copy needs: no more than its time.

        Raises:
            Busy: The queue of the client's version is full.
            AnsweredError: The version failed.
        """
        self.body, self.inputs = body, inputs
        started = monotonic()
        try:
            done = await self.live_lane.submit(inputs, plan)
        finally:
            self.seconds = monotonic() - started
        self.outputs = done.outputs
        return done

    @property
    def size(self) -> int:
        """Bytes that it holds in memory."""
        arrays = [*(self.inputs or {}).values(), *(self.outputs or [])]
        return len(self.body) + sum(array.nbytes for array in arrays)


class Shadow:
    """Answers copies.

    Args:
        faults: What is wrong with versions on purpose; a copy meets it as a request does.
        metrics: Where copies are counted, apart from requests.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        *,
        faults: FaultDesk,
        metrics: MirrorMetrics,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._faults = faults
        self._metrics = metrics
        self._monotonic = monotonic
        self._tasks: set[asyncio.Task[None]] = set()
        self._bytes = 0

    def follow(self, copy: Copy) -> None:
        """Have a copy answered whose request is; call it from the event loop.

        A request that the server refused for want of room says nothing of a version, and is not
        followed.
        """
        if copy.inputs is None or copy.code == Busy.status:
            return
        size = copy.size
        if len(self._tasks) >= MOST_COPIES or self._bytes + size > MOST_BYTES:
            self._metrics.dropped(copy.model, copy.version)
            return
        self._bytes += size
        task = asyncio.get_running_loop().create_task(self._answer(copy))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._forget(done, size))

    def _forget(self, task: asyncio.Task[None], size: int) -> None:
        self._tasks.discard(task)
        self._bytes -= size

    async def _answer(self, copy: Copy) -> None:
        started = self._monotonic()
        outputs: list[Array] = []
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                plan = self._faults.plan(copy.model, copy.version)
                outputs = (await copy.lane.submit(_inputs(copy), plan)).outputs
            code = ANSWERED
        except Busy:
            self._metrics.dropped(copy.model, copy.version)
            return
        except AnsweredError as error:
            code = error.status
        except TimeoutError:
            code = TIMED_OUT
        except Exception:
            LOG.exception("a mirrored request failed")
            code = 500
        seconds = self._monotonic() - started
        self._metrics.request(copy.model, copy.live, copy.code, copy.seconds)
        self._metrics.request(copy.model, copy.version, code, seconds)
        if copy.outputs is not None and code == ANSWERED:
            await self._compare(copy, copy.outputs, outputs)

    async def _compare(self, copy: Copy, live: list[Array], other: list[Array]) -> None:
        one = _by_name(copy.live_lane, live)
        two = _by_name(copy.lane, other)
        if sum(array.nbytes for array in live) > COMPARED_AT_ONCE_BYTES:
            found = await asyncio.to_thread(compare, one, two, tolerance=copy.tolerance)
        else:
            found = compare(one, two, tolerance=copy.tolerance)
        self._metrics.compared(copy.model, copy.version, found)


def _inputs(copy: Copy) -> dict[str, Array]:
    """Return the inputs as the other version takes them.

    Raises:
        BadRequest: It takes others.
    """
    live, other = copy.live_lane.model, copy.lane.model
    if copy.inputs is not None and live.inputs == other.inputs:
        return dict(copy.inputs)
    return parse_call(copy.body, other.inputs, other.outputs).inputs


def _by_name(lane: Lane, outputs: list[Array]) -> dict[str, Array]:
    return {spec.name: out for spec, out in zip(lane.model.outputs, outputs, strict=True)}
