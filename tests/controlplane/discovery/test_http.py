"""Targets from an HTTP service discovery."""

import asyncio

import pytest
from aiohttp import web

from controlplane.discovery.http import HttpDiscovery
from controlplane.errors import DiscoveryError, InvalidConfig
from controlplane.target_spec import DiscoverySpec

pytestmark = pytest.mark.anyio


@pytest.fixture
def ask(serve, tmp_path):
    async def once(answer):
        found = HttpDiscovery(
            DiscoverySpec(kind="http", url=await serve(answer), service="resnet"), tmp_path
        )
        try:
            return await found.targets()
        finally:
            await found.close()

    return once


async def test_an_answer_is_read(ask):
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.headers["x-prometheus-refresh-interval-seconds"])
        return web.json_response([{"targets": ["x:1"]}])

    assert [target.url for target in await ask(answer)] == ["http://x:1/metrics"]
    assert asked == ["30.0"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, "", "HTTP 500"),
        (302, "", "HTTP 302"),
        (200, "[", "no JSON"),
        (200, "{}", "no list"),
        (200, "[" + " " * 2000 + "]", "more than"),
    ],
)
async def test_what_cannot_be_read_is_told(ask, monkeypatch, status, body, reason):
    monkeypatch.setattr("controlplane.discovery.http.MOST_BYTES", 1000)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers={"location": "http://x/"})

    with pytest.raises(DiscoveryError, match=reason):
        await ask(answer)


async def test_silence_and_absence_are_told(ask, monkeypatch, tmp_path):
    monkeypatch.setattr("controlplane.discovery.http.DEADLINE_SECONDS", 0.05)

    async def answer(_request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    with pytest.raises(DiscoveryError, match="did not answer"):
        await ask(answer)
    gone = HttpDiscovery(DiscoverySpec(kind="http", url="http://127.0.0.1:1/"), tmp_path)
    with pytest.raises(DiscoveryError, match="cannot be asked"):
        await gone.targets()
    await gone.close()


def test_it_needs_an_address(tmp_path):
    with pytest.raises(InvalidConfig, match="needs url"):
        HttpDiscovery(DiscoverySpec(kind="http"), tmp_path)
