"""The composition root: from settings to an ASGI application, and back to nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import cast

import numpy as np
from fastapi import FastAPI, Request, Response
from opentelemetry.sdk.trace import TracerProvider
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from reference_server.catalogue import find_models
from reference_server.control_routes import fault_routes, mirror_routes, traffic_routes
from reference_server.errors import AnsweredError, Busy
from reference_server.faults import FaultDesk
from reference_server.front_door import FrontDoor
from reference_server.gpu import GpuMetrics
from reference_server.inference import InferEndpoint
from reference_server.metrics import CONTENT_TYPE, Metrics
from reference_server.mirror_metrics import MirrorMetrics
from reference_server.model_store import ModelStore, load_store
from reference_server.protocol_routes import protocol_routes
from reference_server.readiness import Readiness
from reference_server.settings import Settings
from reference_server.shadow import Shadow
from reference_server.tracing import spans_to_file

__all__ = ["Service", "build_service"]

LANE_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A server that is ready to be given connections."""

    app: ASGIApp
    store: ModelStore
    readiness: Readiness


@contextmanager
def build_service(settings: Settings, provider: TracerProvider | None = None) -> Iterator[Service]:
    """Load what is asked for; stop it when the block ends.

    Args:
        settings: What is asked for.
        provider: Makes spans; None leaves it to ``settings.traces``.

    Raises:
        CannotStart: A model or a package cannot be had; the message says what to do.
    """
    gpu = GpuMetrics()
    metrics = Metrics(gpu)
    mirrored = MirrorMetrics(metrics.registry)
    with ExitStack() as stack:
        if provider is None and settings.traces is not None:
            provider = stack.enter_context(spans_to_file(settings.traces))
        files = find_models(
            settings.models, cache=settings.cache_dir, versions=settings.magika_versions
        )
        store = load_store(files, settings.limits, metrics.batch)
        stack.callback(store.close, LANE_SECONDS)
        metrics.watch(store)
        mirrored.watch(store)
        readiness = Readiness()
        faults = FaultDesk(np.random.default_rng(settings.seed))
        infer = InferEndpoint(
            store=store,
            faults=faults,
            shadow=Shadow(faults=faults, metrics=mirrored),
            metrics=metrics,
            tracer=None if provider is None else provider.get_tracer("reference_server"),
            readiness=readiness,
            body_limit=settings.body_limit,
        )
        app = _application()
        extensions = ["traffic", "mirror", *(["faults"] if settings.faults else [])]
        app.include_router(protocol_routes(store, readiness, extensions))
        app.include_router(traffic_routes(store))
        app.include_router(mirror_routes(store, mirrored))
        app.include_router(fault_routes(store, faults, allowed=settings.faults))
        _add_metrics(app, metrics, gpu)
        yield Service(app=FrontDoor(infer, app), store=store, readiness=readiness)


def _application() -> FastAPI:
    # The interactive pages of FastAPI load scripts from elsewhere; the schema alone is enough.
    app = FastAPI(title="Trimtab model server", docs_url=None, redoc_url=None)
    app.add_exception_handler(AnsweredError, _refuse)
    app.add_exception_handler(HTTPException, _not_found)
    return app


def _add_metrics(app: FastAPI, metrics: Metrics, gpu: GpuMetrics) -> None:
    @app.get("/metrics")
    async def page() -> Response:
        await asyncio.to_thread(gpu.refresh)
        return Response(metrics.page(), media_type=CONTENT_TYPE)


async def _refuse(_: Request, error: Exception) -> Response:
    status = cast("AnsweredError", error).status
    headers = {"retry-after": "1"} if isinstance(error, Busy) else None
    return JSONResponse({"error": str(error)}, status_code=status, headers=headers)


async def _not_found(request: Request, error: Exception) -> Response:
    found = cast("HTTPException", error)
    text = f"{request.method} {request.url.path[:200]} is not served here."
    return JSONResponse({"error": text}, status_code=found.status_code, headers=found.headers)
