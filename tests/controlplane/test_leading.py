"""Two control planes of one database in one process: one leads, one stands by."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import update

from controlplane.app import create_app
from controlplane.client import TrimtabClient
from controlplane.errors import Unreachable
from controlplane.spec import Config, parse_config
from controlplane.store.database import open_database
from controlplane.store.leases import LeaseStore
from controlplane.store.tables import lease as table
from tests.controlplane.store.conftest import (
    PROGRAMS,
    need_postgresql,
    place_of_its_own,
    started,
)
from tests.controlplane.store.conftest import serving as serve_again

pytestmark = pytest.mark.anyio
SECONDS = 1.0


def config(port: int, database: str = "sqlite:///trimtab.db") -> Config:
    storage = f"storage: {{lease: {SECONDS:g}s, database: '{database}'}}"
    return parse_config(f"{{api: {{listen: '127.0.0.1:{port}'}}, {storage}}}", origin="test")


@asynccontextmanager
async def serving(
    folder: Path, port: int, database: str = "sqlite:///trimtab.db"
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    app = create_app(config(port, database), beside=folder)
    transport = httpx.ASGITransport(app)
    base = f"http://127.0.0.1:{port}"
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=base) as client,
    ):
        yield app, client


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[str]:
    """Serve on a port, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        app = create_app(config(port), beside=folder)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            for _ in range(500):
                if server.started:
                    break
                await asyncio.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await serving


async def until_it_leads(app: FastAPI, *, leads: bool = True) -> None:
    for _ in range(500):
        if (app.state.plane is not None) is leads:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"ten seconds later it still {'stands by' if leads else 'leads'}")


async def test_one_leads_and_the_other_says_who(tmp_path: Path) -> None:
    async with serving(tmp_path, 9001) as (first, one), serving(tmp_path, 9002) as (second, two):
        assert first.state.plane is not None
        assert second.state.plane is None
        assert (await one.get("/readyz")).json() == {"status": "ready"}
        ready = await two.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "standby")
        assert "http://127.0.0.1:9001 leads" in ready.json()["reason"]
        assert (await two.get("/healthz")).status_code == 200
        assert "trimtab_leads 1" in (await one.get("/metrics")).text
        assert "trimtab_leads 0" in (await two.get("/metrics")).text
        refused = await two.get("/v1/rollouts")
        assert (refused.status_code, refused.json()["code"]) == (503, "Standby")
        assert "TRIMTAB_URL" in refused.json()["hint"]


async def test_the_one_that_stands_by_takes_over_at_once_when_the_other_stops(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, 9001) as (_, one):
        answer = await one.post(
            "/v1/targets", json={"name": "a", "url": "http://127.0.0.1:1/metrics", "service": "x"}
        )
        assert answer.is_success, answer.text
        second = serving(tmp_path, 9002)
        app, two = await second.__aenter__()
        assert app.state.plane is None
    try:
        await until_it_leads(app)
        assert app.state.plane.lease.fencing == 2
        assert [each["name"] for each in (await two.get("/v1/targets")).json()["items"]] == ["a"]
    finally:
        await second.__aexit__(None, None, None)


async def test_the_client_finds_the_one_that_leads(tmp_path: Path) -> None:
    """Two real processes would do; here each has a port of its own in this one."""
    async with listening(tmp_path) as first, listening(tmp_path) as second:
        both = f"{second},http://127.0.0.1:1,{first}"
        with TrimtabClient(both) as client:
            assert await asyncio.to_thread(client.ready)
            assert await asyncio.to_thread(client.rollouts) == []
        with TrimtabClient(second) as client, pytest.raises(Unreachable, match="stands by"):
            await asyncio.to_thread(client.rollouts)
        with TrimtabClient("http://127.0.0.1:1,http://127.0.0.1:2") as client:
            assert not client.ready()
            with pytest.raises(Unreachable, match="No control plane answers"):
                client.rollouts()


async def test_whoever_lost_the_lease_steps_down_and_refuses_writes(tmp_path: Path) -> None:
    async with serving(tmp_path, 9001) as (app, client):
        engine = open_database(f"sqlite:///{tmp_path / 'trimtab.db'}")
        plane = app.state.plane
        held = LeaseStore(engine).look()
        assert held is not None
        later = replace(held, holder="elsewhere", fencing=7, expires_at=held.expires_at + 60.0)
        with engine.begin() as connection:
            connection.execute(
                update(table).values(
                    holder=later.holder, fencing=later.fencing, expires_at=later.expires_at
                )
            )
        answer = await client.post(
            "/v1/targets", json={"name": "a", "url": "http://127.0.0.1:1/metrics", "service": "x"}
        )
        assert (answer.status_code, answer.json()["code"]) == (503, "Deposed")
        assert not plane.lease.live
        await until_it_leads(app, leads=False)
        assert (await client.get("/v1/targets")).json()["code"] == "Standby"
        LeaseStore(engine).release(7)
        await until_it_leads(app)
        assert (await client.get("/v1/targets")).json() == {"items": []}
        assert app.state.plane.lease.fencing == 8
        engine.dispose()


async def test_a_database_that_was_away_is_led_on_as_before(tmp_path: Path) -> None:
    need_postgresql()
    with place_of_its_own() as (folder, port):
        address = f"postgresql+psycopg://trimtab@127.0.0.1:{port}/postgres"
        programs = PROGRAMS[-1].parent
        with ExitStack() as database, ExitStack() as again:
            database.enter_context(started(programs, folder, port))
            async with (
                serving(tmp_path, 9001, address) as (first, one),
                serving(tmp_path, 9002, address) as (second, two),
            ):
                await asyncio.to_thread(database.close)
                await asyncio.sleep(2 * SECONDS)
                assert not first.state.plane.lease.live, "nothing is begun while nobody can tell"
                assert "does not answer" in second.state.leader
                again.enter_context(serve_again(programs, folder, port))
                for _ in range(200):
                    leading = [a for a in (first, second) if a.state.plane is not None]
                    if len(leading) == 1 and leading[0].state.plane.lease.live:
                        break
                    await asyncio.sleep(0.05)
                (leader,) = leading
                client = one if leader is first else two
                assert (await client.get("/v1/targets")).status_code == 200


async def test_a_lease_that_ran_out_and_that_nobody_took_is_renewed(tmp_path: Path) -> None:
    async with serving(tmp_path, 9001) as (app, _):
        engine = open_database(f"sqlite:///{tmp_path / 'trimtab.db'}")
        assert LeaseStore(engine).renew(1, seconds=-100.0)
        await asyncio.sleep(2 * SECONDS)
        assert app.state.plane.lease.live
        assert app.state.plane.lease.fencing == 1
        engine.dispose()
