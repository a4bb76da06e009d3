"""/v1/metrics: where OpenTelemetry exporters push to (OTLP over HTTP), and what came of it."""

import asyncio

from fastapi import APIRouter, Request, Response

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.errors import NotSaved, Overloaded
from controlplane.plane import Plane
from controlplane.schemas import Problem, PushSourceOut
from probes.errors import PushTooLarge, UnreadablePush
from probes.otlp import Pushed, read_points
from probes.otlp_wire import Form, failure, read_request, success, unpack

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["push"])

INLINE_BYTES = 16_384
"""Longer bodies are read beside the loop: a thousand points take tens of milliseconds."""
RETRY = {"retry-after": "1"}
BODY = {"content": {form.value: {"schema": {"type": "object"}} for form in Form}, "required": True}


@router.post("/metrics", openapi_extra={"requestBody": BODY})
async def take_metrics(request: Request, plane: PlaneHere) -> Response:
    """Count an ExportMetricsServiceRequest; the answer comes once it is saved, in the same form."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = next((form for form in Form if form.value == said), None)
    if form is None:
        forms = " or ".join(form.value for form in Form)
        return _refuse(Form.JSON, 415, f"The body is {said or 'of no type'}; send {forms}.")
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip"):
        return _refuse(form, 415, f"The body is packed by {packing}; send it plain or by gzip.")
    try:
        pushed = await _read(plane, await request.body(), form, packed=packing == "gzip")
        receipt = await plane.pushes.receive(pushed, now=plane.now())
    except UnreadablePush as error:
        return _refuse(form, 413 if isinstance(error, PushTooLarge) else 400, str(error))
    except Overloaded as error:
        return _refuse(form, 429, str(error), RETRY)
    except NotSaved as error:
        return _refuse(form, 503, str(error), RETRY)
    plane.telemetry.push_points.labels("taken").inc(receipt.points - receipt.rejected)
    plane.telemetry.push_points.labels("rejected").inc(receipt.rejected)
    answer = success(form, rejected=receipt.rejected, reason=receipt.reason)
    return Response(answer, media_type=form.value)


@router.get("/push")
async def list_push_sources(plane: PlaneHere) -> Listing[PushSourceOut]:
    """Every source that is pushed to, and what came."""
    return listing(
        PushSourceOut(
            name=spec.name,
            service=spec.service,
            match=spec.match,
            last_push_at=standing.at,
            streams=streams,
            series=series,
            counted=standing.counted,
            rejected=standing.rejected,
            reason=standing.reason,
        )
        for spec in plane.config.push
        for standing in [plane.pushes.standings[spec.name]]
        for streams, series in [plane.pushes.size(spec.name)]
    )


async def _read(plane: Plane, body: bytes, form: Form, *, packed: bool) -> tuple[Pushed, ...]:
    def read() -> tuple[Pushed, ...]:
        return read_points(read_request(unpack(body) if packed else body, form))

    if len(body) <= INLINE_BYTES and not packed:
        return read()
    async with plane.pushes.reading:
        return await asyncio.to_thread(read)


def _refuse(
    form: Form, status: int, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """Answer with a google.rpc.Status in protobuf, or with a problem document."""
    if form is Form.PROTOBUF:
        return Response(failure(detail), status, headers, media_type=form.value)
    problem = Problem(title="Push refused", status=status, detail=detail, code="PushRefused")
    body = problem.model_dump_json(by_alias=True)
    return Response(body, status, headers, media_type="application/problem+json")
