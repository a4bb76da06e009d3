"""The composition root: everything is built here, and only here."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI

from controlplane.api import (
    alerts,
    breakers,
    health,
    push,
    rollouts,
    runbook_runs,
    slos,
    standing,
    trail,
)
from controlplane.api.limits import BodyLimit
from controlplane.api.local_only import LocalOnly
from controlplane.api.problems import install_problem_handlers
from controlplane.building import (
    make_goldens,
    make_notifiers,
    make_promises,
    make_routers,
    make_telemetry,
)
from controlplane.canary_watch import CanaryWatch
from controlplane.counting import Counting
from controlplane.errors import InvalidConfig
from controlplane.live import Live, TargetStanding
from controlplane.loops.evaluate import evaluate
from controlplane.loops.gpu import watch_gpus
from controlplane.loops.measure import measure_group, save_counts, target_groups
from controlplane.loops.notify import notify
from controlplane.loops.probe import ask, questions
from controlplane.loops.protect import protect
from controlplane.loops.rollout import move_traffic
from controlplane.loops.running import every, on_news
from controlplane.loops.scale import scale
from controlplane.notifiers import Notifier
from controlplane.plane import Plane
from controlplane.probe_page import ProbePage
from controlplane.push_receiver import PushReceiver
from controlplane.routers import Router
from controlplane.spec import Config
from controlplane.store.alerts import AlertStore
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from controlplane.store.outbox import Outbox
from controlplane.store.pushes import PushStore
from controlplane.store.rollouts import RolloutStore
from controlplane.store.runbook_runs import RunbookRunStore
from controlplane.store.services import ServiceStore
from controlplane.store.trail import Trail
from probes.breaker import Breaker, State, weight_factor
from probes.clock import Clock, SystemClock
from probes.exposition import LayoutCache
from probes.gpu_page import GpuPage
from probes.plugins import installed
from probes.scraping import make_session

__all__ = ["create_app", "open_plane", "serve"]

ROUTES = (alerts, breakers, health, push, rollouts, runbook_runs, slos, standing, trail)
TRAFFIC_SECONDS = 0.5
NOTIFY_SECONDS = 0.5
SAVE_SECONDS = 5.0
SCALE_SECONDS = 1.0
GPU_SECONDS = 10.0
STOP_SECONDS = 5


@asynccontextmanager
async def open_plane(
    config: Config,
    *,
    beside: Path,
    clock: Clock | None = None,
    seed: int | None = None,
    routers: Mapping[str, Router] | None = None,
    notifiers: Mapping[tuple[str, int], Notifier] | None = None,
) -> AsyncIterator[Plane]:
    """Build the plane. Tests pass fakes; production passes only the configuration.

    Args:
        config: trimtab.yaml.
        beside: Folder that its relative names start from.
        clock: Time; the machine's own when None.
        seed: Of the one generator of random numbers; from the machine when None.
        routers: Who moves traffic, by service; as configured when None.
        notifiers: Destinations; as configured when None.

    Raises:
        InvalidConfig: Something it names cannot be had.
    """
    clock = clock or SystemClock()
    now = clock.now().timestamp()
    engine = open_database(_beside(config.storage.database, beside))
    counting = Counting(CountStore(engine), now=now)
    promises, live = make_promises(config, beside=beside), Live()
    pushes = PushReceiver(config.push, PushStore(engine), counting, promises, live)
    async with make_session() as http:
        plane = Plane(
            config=config,
            url=f"http://{config.api.listen}",
            clock=clock,
            rng=np.random.default_rng(seed),
            engine=engine,
            http=http,
            layouts=LayoutCache(),
            profiles=tuple(installed("trimtab.servers").values()),
            promises=promises,
            counting=counting,
            canaries=CanaryWatch(counting),
            probe_page=ProbePage(counting, started=now),
            pushes=pushes,
            gpu_page=GpuPage(started=now),
            goldens=make_goldens(config, beside=beside),
            live=live,
            routers=make_routers(config) if routers is None else routers,
            notifiers=make_notifiers(config) if notifiers is None else notifiers,
            rollouts=RolloutStore(engine),
            services=ServiceStore(engine),
            alerts=AlertStore(engine),
            outbox=Outbox(engine),
            trail=Trail(engine),
            runbook_runs=RunbookRunStore(engine),
            telemetry=make_telemetry(config, beside=beside),
        )
        _remember(plane)
        try:
            yield plane
        finally:
            await _close(plane)


async def _close(plane: Plane) -> None:
    """Close whatever the plane holds open, but for the session that its opener holds."""
    for router in plane.routers.values():
        await router.close()
    for notifier in plane.notifiers.values():
        await notifier.close()
    plane.telemetry.close()
    plane.engine.dispose()


def _remember(plane: Plane) -> None:
    """Take up what the store knows from before."""
    plane.pushes.begin(plane.now())
    plane.live.targets.update({target.name: TargetStanding() for target in plane.config.targets})
    plane.live.alerts.update({record.key: record.alert for record in plane.alerts.list()})
    for (service, version), saved in plane.services.breakers().items():
        spec = plane.config.services.get(service)
        if spec is not None and spec.breaker is not None:
            breaker = Breaker(**saved | {"state": State(saved["state"])})
            plane.live.breakers[service, version] = breaker
            factor = weight_factor(breaker, plane.breaker_policy(service))
            plane.live.factors[service, version] = factor


def loops(plane: Plane) -> list[Coroutine[Any, Any, None]]:
    """Return every loop, not yet running."""
    measuring = [
        every(plane, "measure", interval, partial(measure_group, targets=targets))
        for interval, targets in target_groups(plane).items()
    ]
    probing = [
        every(plane, "probe", question.probe.every, partial(ask, question=question))
        for question in questions(plane)
    ]
    return [
        *measuring,
        *probing,
        on_news(plane, "evaluate", evaluate),
        on_news(plane, "protect", protect),
        every(plane, "rollout", TRAFFIC_SECONDS, move_traffic),
        every(plane, "notify", NOTIFY_SECONDS, notify),
        every(plane, "save", SAVE_SECONDS, save_counts),
        every(plane, "scale", SCALE_SECONDS, scale),
        every(plane, "gpu", GPU_SECONDS, watch_gpus),
    ]


def create_app(config: Config, *, beside: Path) -> FastAPI:
    """Return the REST API whose life is the plane's: loops run while it serves."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_plane(config, beside=beside) as plane:
            app.state.plane = plane
            running = [asyncio.create_task(loop) for loop in loops(plane)]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                await save_counts(plane)

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
    logging.getLogger("httpx").setLevel(logging.WARNING)
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
    open_database(_beside(config.storage.database, beside)).dispose()


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


def _beside(address: str, folder: Path) -> str:
    """Anchor a relative SQLite file in the folder of trimtab.yaml."""
    scheme, slashes, name = address.partition(":///")
    if not scheme.startswith("sqlite") or not slashes or name.startswith(("/", ":")) or not name:
        return address
    return f"{scheme}:///{folder / name}"
