"""The way of an inference request: choose a version, read, queue, answer, count.

This is the path that is walked most, so it is plain ASGI: no dependency injection, no response
classes. Every request leaves exactly one count, whatever becomes of it.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from opentelemetry.trace import Span, Tracer
from starlette.types import Receive, Scope, Send

from reference_server.body import read_body
from reference_server.errors import AnsweredError, Busy, ModelFailed, NotServed
from reference_server.faults import FaultDesk
from reference_server.lane import Lane
from reference_server.metrics import UNKNOWN, Metrics
from reference_server.model_store import ModelStore, ServedModel
from reference_server.protocol import parse_call, render_answer, render_error
from reference_server.readiness import Readiness
from reference_server.shadow import Copy, Shadow
from reference_server.tracing import end_span, start_span

__all__ = ["InferEndpoint"]

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """One request: what it asks for, and where it goes.

    Attributes:
        model: Label: its name, or ``UNKNOWN``.
        version: Label: the version that was chosen, or empty.
        lane: Where it goes; None where nothing could be chosen, and `refusal` says why.
        copy: What another version answers as well; None where none does.
    """

    model: str
    version: str
    headers: Mapping[bytes, bytes]
    lane: Lane | None = None
    refusal: NotServed | None = None
    copy: Copy | None = None

    @property
    def synthetic(self) -> bool:
        """Whether it is a probe's."""
        return self.headers.get(b"x-synthetic", b"").lower() == b"true"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    code: int
    body: bytes
    queue_seconds: float = 0.0


class InferEndpoint:
    """An ASGI application for the two paths of inference.

    Args:
        store: The models.
        faults: What is wrong with them on purpose.
        shadow: Answers what is mirrored.
        metrics: Where requests are counted.
        tracer: Makes spans; None makes none.
        readiness: Whether requests are taken.
        body_limit: Bytes of the largest body that is read.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        *,
        store: ModelStore,
        faults: FaultDesk,
        shadow: Shadow,
        metrics: Metrics,
        tracer: Tracer | None,
        readiness: Readiness,
        body_limit: int,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._store = store
        self._faults = faults
        self._shadow = shadow
        self._metrics = metrics
        self._tracer = tracer
        self._readiness = readiness
        self._body_limit = body_limit
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = self._monotonic()
        visit = self._admit(scope)
        span = self._begin(visit)
        if visit.lane is not None:
            visit.lane.in_flight += 1
        reply = _Reply(code=Busy.status, body=b"")  # stands if the end of the server cuts it off
        try:
            reply = await self._reply(visit, receive)
        finally:
            self._count(visit, reply, span, self._monotonic() - started)
        await _send(send, reply)
        if visit.copy is not None:
            visit.copy.code = reply.code
            self._shadow.follow(visit.copy)

    def _admit(self, scope: Scope) -> _Visit:
        """Choose the version that answers."""
        headers = dict(scope["headers"])
        params = scope["path_params"]
        model = UNKNOWN
        try:
            served = self._store.model(params["model"])
            model = served.name
            version = params.get("version")
            if version is None:
                version = served.traffic.choose(headers.get(b"x-sticky-key"))
            lane = served.lane(version)
        except NotServed as refusal:
            return _Visit(model=model, version="", headers=headers, refusal=refusal)
        visit = _Visit(model=model, version=version, headers=headers, lane=lane)
        if params.get("version") is None and not visit.synthetic:
            return replace(visit, copy=_mirrored(served, version, lane))
        return visit

    async def _reply(self, visit: _Visit, receive: Receive) -> _Reply:
        """Answer, or say why not."""
        try:
            return await self._infer(visit, receive)
        except AnsweredError as error:
            if isinstance(error, ModelFailed):
                LOG.warning("%s version %s: %s", visit.model, visit.version, error)
            return _Reply(code=error.status, body=render_error(str(error)))
        except Exception:
            LOG.exception("an inference request failed")
            return _Reply(code=500, body=render_error("The server failed; its log says how."))

    async def _infer(self, visit: _Visit, receive: Receive) -> _Reply:
        if visit.lane is None:
            raise visit.refusal or NotServed
        self._readiness.check()
        body = await read_body(receive, visit.headers, self._body_limit)
        model = visit.lane.model
        call = parse_call(body, model.inputs, model.outputs)
        plan = self._faults.plan(visit.model, visit.version)
        if visit.copy is None:
            done = await visit.lane.submit(call.inputs, plan)
        else:
            done = await visit.copy.taken(body, call.inputs, plan, self._monotonic)
        outputs = {
            spec.name: (spec, array)
            for spec, array in zip(model.outputs, done.outputs, strict=True)
        }
        answer = render_answer(model=visit.model, version=visit.version, call=call, outputs=outputs)
        return _Reply(code=200, body=answer, queue_seconds=done.queue_seconds)

    def _begin(self, visit: _Visit) -> Span | None:
        if self._tracer is None:
            return None
        names = ("traceparent", "tracestate")
        found = {name: visit.headers.get(name.encode(), b"").decode("latin-1") for name in names}
        return start_span(self._tracer, found)

    def _count(self, visit: _Visit, reply: _Reply, span: Span | None, seconds: float) -> None:
        if visit.lane is not None:
            visit.lane.in_flight -= 1
        self._metrics.request(
            visit.model, visit.version, reply.code, seconds, synthetic=visit.synthetic
        )
        if span is not None:
            end_span(
                span,
                model=visit.model,
                version=visit.version,
                code=reply.code,
                queue_seconds=reply.queue_seconds,
            )


def _mirrored(served: ServedModel, live: str, live_lane: Lane) -> Copy | None:
    """Return what is to be mirrored of the next request; None where nothing is."""
    version = served.mirror.draw(served.traffic.weights)
    if version is None:
        return None
    return Copy(
        model=served.name,
        live=live,
        version=version,
        live_lane=live_lane,
        lane=served.lane(version),
        tolerance=served.mirror.setting.tolerance,
    )


async def _send(send: Send, reply: _Reply) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(reply.body)),
    ]
    if reply.code == Busy.status:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": reply.code, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
