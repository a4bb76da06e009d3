import json
import socket
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from controlplane import app as module
from controlplane.app import create_app, serve
from controlplane.errors import InvalidConfig
from controlplane.opening import database_address, open_plane
from controlplane.spec import Config, parse_config
from controlplane.store.counts import CountStore
from tests.controlplane.small_world import Surroundings, small_config
from tests.fakes import ManualClock

pytestmark = pytest.mark.anyio


def listening(address: str) -> Config:
    return parse_config(f"api: {{listen: '{address}'}}", origin="test")


@pytest.mark.parametrize("address", ["0.0.0.0:9470", "10.0.0.5:80", "[::]:80", "example.org:80"])
def test_an_address_that_others_can_reach_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="which others can reach") as caught:
        serve(listening(address), beside=tmp_path)
    assert "proxy" in caught.value.hint


@pytest.mark.parametrize(("address", "host"), [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1")])
def test_an_address_of_this_machine_is_served(
    address: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[str] = []

    def run(_server: object, *, sockets: list[socket.socket]) -> None:
        served.append(sockets[0].getsockname()[0])

    monkeypatch.setattr(module.uvicorn.Server, "run", run)
    serve(listening(address), beside=tmp_path)
    assert served == [host]


def test_a_port_that_is_taken_is_told_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidConfig, match="cannot be had") as caught:
            serve(listening(f"127.0.0.1:{port}"), beside=tmp_path)
    assert "another port" in caught.value.hint


def test_what_the_configuration_names_is_looked_at_before_the_start(tmp_path: Path) -> None:
    config = parse_config("{slos: [none.yaml], api: {listen: '127.0.0.1:0'}}", origin="test")
    with pytest.raises(InvalidConfig, match="No SLO file"):
        serve(config, beside=tmp_path)


async def test_loops_run_while_the_api_serves_and_counts_are_saved_at_the_end(
    around: Surroundings,
) -> None:
    config = small_config(around.folder, around.address)
    service = replace(config.services["resnet"], route=None)
    quiet = replace(config, services=config.services | {"resnet": service})
    app = create_app(quiet, beside=around.folder)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for _ in range(500):
                if (await client.get("/readyz")).status_code == 200:
                    break
                await app.state.plane.clock.sleep(0.01)
            assert (await client.get("/v1/targets")).json()["items"][0]["status"]["state"] == "up"
        engine = app.state.plane.engine
    assert CountStore(engine).load() is not None
    engine.dispose()


async def test_a_relative_database_lies_beside_the_configuration(tmp_path: Path) -> None:
    async with open_plane(Config(), beside=tmp_path, clock=ManualClock()):
        assert (tmp_path / "trimtab.db").exists()


@pytest.mark.parametrize(
    ("address", "anchored"),
    [
        ("sqlite:///x.db", "sqlite:////here/x.db"),
        ("sqlite:////abs/x.db", "sqlite:////abs/x.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://host/x", "postgresql+psycopg://host/x"),
    ],
)
def test_only_a_relative_file_is_anchored(address: str, anchored: str) -> None:
    assert database_address(address, Path("/here")) == anchored


async def test_traces_are_lines_of_json_beside_the_configuration(
    around: Surroundings, tmp_path: Path
) -> None:
    config = parse_config("telemetry: {traces: traces.jsonl}", origin="test")
    async with open_plane(config, beside=tmp_path, clock=around.clock) as plane:
        with plane.telemetry.tracer.start_as_current_span("one"):
            pass
    (line,) = (tmp_path / "traces.jsonl").read_text().splitlines()
    assert json.loads(line)["name"] == "one"


async def test_a_breaker_of_a_service_that_is_gone_is_forgotten(around: Surroundings) -> None:
    config = small_config(around.folder, around.address)
    state = {"state": "open", "since": 0.0, "reason": "x"}
    async with open_plane(config, beside=around.folder, routers={}, notifiers={}) as plane:
        with plane.engine.begin() as connection:
            for service in ("resnet", "bert", "gone"):
                plane.services.save_breaker(
                    connection, service=service, version="1", state=state, now=0.0
                )
    async with open_plane(config, beside=around.folder, routers={}, notifiers={}) as plane:
        assert set(plane.live.breakers) == {("resnet", "1")}
