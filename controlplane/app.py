"""The composition root: the plane, its loops and its API, served together."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from controlplane.api import (
    adjustments,
    alerts,
    argo_rollouts,
    breakers,
    engines,
    flagger,
    gate,
    health,
    ofrep,
    push,
    registry,
    rollout_analysis,
    rollout_lint,
    rollouts,
    runbook_runs,
    slo_answers,
    slo_sets,
    slos,
    standing,
    targets,
    trail,
)
from controlplane.api.limits import BodyLimit
from controlplane.api.local_only import LocalOnly
from controlplane.api.problems import install_problem_handlers
from controlplane.building import (
    make_discoverers,
    make_engines,
    make_freezes,
    make_goldens,
    make_notifiers,
    make_promises,
    make_registry,
    make_routers,
)
from controlplane.errors import InvalidConfig
from controlplane.leading import lead
from controlplane.loops.discover import discover
from controlplane.loops.engines import read_engines
from controlplane.loops.evaluate import evaluate
from controlplane.loops.gpu import watch_gpus
from controlplane.loops.measure import measure, save_counts
from controlplane.loops.notify import notify
from controlplane.loops.probe import ask, questions
from controlplane.loops.protect import protect
from controlplane.loops.registry import look_at_aliases, tell_registry
from controlplane.loops.rollout import move_traffic
from controlplane.loops.running import every, on_news
from controlplane.loops.scale import scale
from controlplane.loops.vanish import watch_for_silence
from controlplane.opening import database_address
from controlplane.plane import Plane
from controlplane.spec import Config
from controlplane.store.database import open_database

__all__ = ["create_app", "serve"]

ROUTES = (
    adjustments,
    alerts,
    argo_rollouts,
    breakers,
    engines,
    flagger,
    gate,
    health,
    ofrep,
    push,
    registry,
    rollout_analysis,
    rollout_lint,
    rollouts,
    runbook_runs,
    slo_answers,
    slo_sets,
    slos,
    standing,
    targets,
    trail,
)
TRAFFIC_SECONDS = 0.5
NOTIFY_SECONDS = 0.5
SAVE_SECONDS = 30.0
SCALE_SECONDS = 1.0
GPU_SECONDS = 10.0
ENGINE_SECONDS = 1.0
REGISTRY_SECONDS = 1.0
VANISH_SECONDS = 10.0
STOP_SECONDS = 5


def loops(plane: Plane) -> list[Coroutine[Any, Any, None]]:
    """Return every loop, not yet running."""
    probing = [
        every(plane, "probe", question.probe.every, partial(ask, question=question))
        for question in questions(plane)
    ]
    return [
        measure(plane),
        discover(plane),
        *probing,
        on_news(plane, "evaluate", evaluate),
        on_news(plane, "protect", protect),
        every(plane, "rollout", TRAFFIC_SECONDS, move_traffic),
        every(plane, "notify", NOTIFY_SECONDS, notify),
        every(plane, "save", SAVE_SECONDS, save_counts),
        every(plane, "scale", SCALE_SECONDS, scale),
        every(plane, "gpu", GPU_SECONDS, watch_gpus),
        *([every(plane, "engines", ENGINE_SECONDS, read_engines)] if plane.engines else []),
        *_registry_loops(plane),
        every(plane, "vanish", VANISH_SECONDS, watch_for_silence),
    ]


def _registry_loops(plane: Plane) -> list[Coroutine[Any, Any, None]]:
    """Return what follows a model registry: nothing where none is followed."""
    if plane.registry is None:
        return []
    often = plane.registry.spec.every
    looking = [every(plane, "aliases", often, look_at_aliases)] if often else []
    return [every(plane, "registry", REGISTRY_SECONDS, tell_registry), *looking]


def create_app(config: Config, *, beside: Path) -> FastAPI:
    """Return the REST API whose life is the plane's: loops run while it serves."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.plane, app.state.leader, settled = None, "", asyncio.Event()
        leading = asyncio.create_task(
            lead(app.state, config, beside=beside, loops=loops, settled=settled)
        )
        known = asyncio.create_task(settled.wait())
        await asyncio.wait((leading, known), return_when=asyncio.FIRST_COMPLETED)
        known.cancel()
        try:
            if leading.done():
                await leading  # it could not begin, and says why
            yield
        finally:
            leading.cancel()
            await asyncio.gather(leading, return_exceptions=True)

    return make_api(lifespan)


def make_api(lifespan: Any = None) -> FastAPI:  # noqa: ANN401 -- Starlette's own type is private
    """Return the API with all its routes."""
    app = FastAPI(title="Trimtab", version="0.1.0", lifespan=lifespan)
    app.add_middleware(BodyLimit)
    app.add_middleware(LocalOnly)
    install_problem_handlers(app)
    for resource in ROUTES:
        app.include_router(resource.router)
    return app


def serve(config: Config, *, beside: Path) -> None:
    """Serve until told to stop.

    Raises:
        InvalidConfig: The address is public or taken, or something it names cannot be had.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    server = uvicorn.Config(
        create_app(config, beside=beside),
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    with _listen(config.api.listen) as listener:
        check(config, beside=beside)
        uvicorn.Server(server).run(sockets=[listener])


def check(config: Config, *, beside: Path) -> None:
    """Build what the configuration names, and let it go again: so faults are told before the start.

    Raises:
        InvalidConfig: A file, a secret, a plugin or the database cannot be had.
    """
    make_routers(config)
    make_notifiers(config)
    make_promises(config, beside=beside)
    make_goldens(config, beside=beside)
    make_discoverers(config, beside=beside)
    make_engines(config)
    make_freezes(config)
    make_registry(config)
    open_database(database_address(config.storage.database, beside)).dispose()


def _listen(address: str) -> socket.socket:
    """Take the port.

    Raises:
        InvalidConfig: The address is public, or the port cannot be had.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    _refuse_public(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP: asyncio sends small answers at once only on sockets that say so.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, int(port)))
    except (OSError, OverflowError) as error:
        listener.close()
        msg = f"api.listen {address} cannot be had: {error}."
        raise InvalidConfig(
            msg, hint="another control plane may run; choose another port"
        ) from error
    return listener


def _refuse_public(host: str) -> None:
    try:
        private = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        private = False
    if not private:
        msg = f"api.listen is {host}, which others can reach, and the API asks for no token."
        raise InvalidConfig(msg, hint="listen on 127.0.0.1 and put a proxy with a login before it")
