"""Flags as OFREP asks for them."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from controlplane.building import make_flags
from tests.controlplane.small_world import FLAG_ROUTE, Surroundings, World, open_world

pytestmark = pytest.mark.anyio
FLAGS = "/ofrep/v1/evaluate/flags"
ADA = {"context": {"targetingKey": "ada", "plan": "free"}}


@pytest.fixture
async def flagged(around: Surroundings) -> AsyncIterator[World]:
    """A plane whose one service is given by a flag."""
    async with open_world(around, change=FLAG_ROUTE) as opened:
        yield opened


@pytest.fixture
async def ofrep(app: FastAPI, flagged: World) -> AsyncIterator[httpx.AsyncClient]:
    app.state.plane = flagged.plane
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def split(world: World, share: float = 50.0) -> None:
    await world.plane.routers["resnet"].set_weights({"1": 100.0 - share, "2": share})


async def test_one_version_for_all_needs_no_key(ofrep: httpx.AsyncClient) -> None:
    answer = await ofrep.post(f"{FLAGS}/resnet", json={})
    assert answer.status_code == 200
    assert answer.json() == {
        "key": "resnet",
        "value": "1",
        "variant": "1",
        "reason": "STATIC",
        "metadata": {"weight": 100.0},
    }
    assert (await ofrep.post(f"{FLAGS}/resnet")).json()["value"] == "1"


async def test_a_share_is_given_by_key_and_stays(ofrep: httpx.AsyncClient, flagged: World) -> None:
    await split(flagged)
    values = {}
    for number in range(64):
        asked = {"context": {"targetingKey": f"user-{number}"}}
        answers = [(await ofrep.post(f"{FLAGS}/resnet", json=asked)).json() for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0]["reason"] == "SPLIT"
        assert answers[0]["variant"] == answers[0]["value"]
        values[number] = answers[0]["value"]
    assert set(values.values()) == {"1", "2"}
    await split(flagged, 80.0)
    for number, before in values.items():
        asked = {"context": {"targetingKey": f"user-{number}"}}
        after = (await ofrep.post(f"{FLAGS}/resnet", json=asked)).json()["value"]
        assert (before, after) != ("2", "1"), "more weight took a key away"


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        pytest.param("resnet", b'{"context": {}}', (400, "TARGETING_KEY_MISSING"), id="no key"),
        pytest.param(
            "resnet", b'{"context":{"targetingKey":""}}', (400, "TARGETING_KEY_MISSING"), id="empty"
        ),
        pytest.param("resnet", b"{", (400, "PARSE_ERROR"), id="no JSON"),
        pytest.param("resnet", b"[]", (400, "PARSE_ERROR"), id="a list"),
        pytest.param("resnet", b'{"context": []}', (400, "INVALID_CONTEXT"), id="no context"),
        pytest.param(
            "resnet", b'{"context":{"targetingKey":7}}', (400, "INVALID_CONTEXT"), id="a number"
        ),
        pytest.param(
            "resnet",
            b'{"context":{"targetingKey":"' + b"a" * 1025 + b'"}}',
            (400, "INVALID_CONTEXT"),
            id="a long key",
        ),
        pytest.param("bert", b"{}", (404, "FLAG_NOT_FOUND"), id="a service without a flag"),
        pytest.param("nobody", b"{}", (404, "FLAG_NOT_FOUND"), id="nobody's"),
    ],
)
async def test_what_is_wrong_is_said_as_the_protocol_says(
    ofrep: httpx.AsyncClient, flagged: World, path: str, body: bytes, told: tuple[int, str]
) -> None:
    await split(flagged)
    answer = await ofrep.post(f"{FLAGS}/{path}", content=body)
    status, code = told
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    fault = answer.json()
    assert (fault["key"], fault["errorCode"]) == (path, code)
    assert fault["errorDetails"]


async def test_all_flags_are_given_at_once_and_only_when_they_changed(
    ofrep: httpx.AsyncClient, flagged: World
) -> None:
    await split(flagged)
    answer = await ofrep.post(FLAGS, json=ADA)
    assert [flag["key"] for flag in answer.json()["flags"]] == ["resnet"]
    etag = answer.headers["etag"]
    again = await ofrep.post(FLAGS, json=ADA, headers={"if-none-match": f'"old", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = await ofrep.post(FLAGS, json=ADA, headers={"if-none-match": '"old"'})
    assert other.status_code == 200
    await split(flagged, 0.0)
    changed = await ofrep.post(FLAGS, json=ADA, headers={"if-none-match": etag})
    assert (changed.status_code, changed.json()["flags"][0]["reason"]) == (200, "STATIC")


async def test_without_a_key_the_flags_that_need_one_say_so(
    ofrep: httpx.AsyncClient, flagged: World
) -> None:
    await split(flagged)
    answer = await ofrep.post(FLAGS, json={"context": {}})
    assert answer.status_code == 200
    assert answer.json()["flags"][0]["errorCode"] == "TARGETING_KEY_MISSING"
    refused = await ofrep.post(FLAGS, content=b"{")
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "PARSE_ERROR")


async def test_a_plane_that_stands_by_gives_what_the_leading_one_saved(
    app: FastAPI, ofrep: httpx.AsyncClient, flagged: World
) -> None:
    plane = flagged.plane
    app.state.plane = None
    app.state.flags = make_flags(plane.config, plane.engine, plane.clock)
    assert (await ofrep.post(f"{FLAGS}/resnet", json=ADA)).json()["value"] == "1"
    await plane.routers["resnet"].set_weights({"2": 100.0})
    assert (await ofrep.post(f"{FLAGS}/resnet", json=ADA)).json()["value"] == "2"


@pytest.mark.parametrize("leads", [True, False], ids=["who leads", "who stands by"])
async def test_while_the_database_is_away_the_last_known_shares_are_given(
    app: FastAPI,
    ofrep: httpx.AsyncClient,
    flagged: World,
    leads: bool,  # noqa: FBT001 -- a case
) -> None:
    plane = flagged.plane
    await plane.routers["resnet"].set_weights({"2": 100.0})
    app.state.flags = make_flags(plane.config, plane.engine, plane.clock)
    app.state.plane = plane if leads else None
    with plane.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE flag RENAME TO away")
    await flagged.moves()
    assert (await ofrep.post(f"{FLAGS}/resnet", json=ADA)).json()["value"] == "2"
