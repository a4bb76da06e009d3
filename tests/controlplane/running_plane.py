"""A control plane on a port, in a thread of its own, for whoever speaks to it by HTTP."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from aiohttp import web
from fastapi import FastAPI

from controlplane.app import make_api
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Event
from controlplane.loops.evaluate import evaluate
from controlplane.loops.notify import notify
from controlplane.loops.protect import protect
from controlplane.loops.rollout import move_traffic
from controlplane.loops.scale import scale
from controlplane.plane import Plane
from tests.controlplane.small_world import ModelServer, Surroundings, World, open_world

__all__ = ["RunningPlane", "running_plane"]

T = TypeVar("T")
START_SECONDS = 30


@dataclass(slots=True, kw_only=True)
class RunningPlane:
    """Its address, and a way to have something done inside its loop."""

    url: str
    world: World | None = None
    loop: asyncio.AbstractEventLoop | None = None
    started: threading.Event = field(default_factory=threading.Event)

    @property
    def plane(self) -> Plane:
        assert self.world is not None
        return self.world.plane

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine where the plane lives."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(START_SECONDS)

    def burn(self) -> None:
        """Let every request fail for half a minute, and tell the people."""
        self.do(self._burn())

    def end(self, rollout_id: str, *events: Event) -> Rollout:
        """Take a rollout through events, as its loop would."""
        return self.do(self._end(rollout_id, events))

    async def _burn(self) -> None:
        assert self.world is not None
        await self.world.second_passes(move_traffic, evaluate, protect, scale)
        for _ in range(30):
            self.world.server.answer("1", good=0, bad=100)
            await self.world.second_passes(evaluate)
        await notify(self.plane)

    async def _end(self, rollout_id: str, events: tuple[Event, ...]) -> Rollout:
        plane = self.plane
        for event in events:
            rollout = plane.rollouts.get(rollout_id)
            moved = rollout.take(event, reason=f"it was {event}", now=plane.now())
            with plane.engine.begin() as connection:
                assert plane.rollouts.save(connection, moved, read_generation=rollout.generation)
        return plane.rollouts.get(rollout_id)


@contextmanager
def running_plane(folder: Path, *, change: tuple[str, str] = ("", "")) -> Iterator[RunningPlane]:
    """Serve a small world until the block ends. It runs no loop by itself."""
    listening = socket.create_server(("127.0.0.1", 0))
    running = RunningPlane(url=f"http://127.0.0.1:{listening.getsockname()[1]}")

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        model_server = ModelServer("1", "2")
        async with _served(model_server) as address:
            around = Surroundings(folder=folder, address=address, server=model_server)
            async with open_world(around, change=change) as world:
                running.world, running.loop = world, asyncio.get_running_loop()
                app.state.plane = world.plane
                running.started.set()
                yield

    config = uvicorn.Config(make_api(life), log_level="critical", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        assert running.started.wait(START_SECONDS), "the plane did not start"
        yield running
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listening.close()
        assert not thread.is_alive(), "the plane did not stop"


@asynccontextmanager
async def _served(server: ModelServer) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
