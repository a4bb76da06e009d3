"""Real parts in small: a web server in this loop, a plane with fakes, an API on a port."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from fastapi import FastAPI

from controlplane.app import make_api
from tests.controlplane.running_plane import RunningPlane, running_plane
from tests.controlplane.small_world import ModelServer, Surroundings, World, open_world

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start web servers on free ports of this machine; all of them end with the test."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def around(serve: Serve, tmp_path: Path) -> Surroundings:
    """Disk, router, time and a model server on a real port."""
    server = ModelServer("1", "2")
    return Surroundings(folder=tmp_path, address=await serve(server.handle), server=server)


@pytest.fixture
async def world(around: Surroundings) -> AsyncIterator[World]:
    """A plane that runs no loop by itself."""
    async with open_world(around) as opened:
        yield opened


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """The REST API; each test gives it a plane."""
    return make_api()


@pytest.fixture
async def api(app: FastAPI, world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The REST API of that plane, without a port."""
    app.state.plane = world.plane
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningPlane]:
    """A plane on a port, in a thread of its own."""
    with running_plane(tmp_path) as started:
        yield started
