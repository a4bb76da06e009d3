"""A server whose page says nothing yet is known by what its API answers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from probes.plugins import installed
from probes.recognition_by_api import ApiAnswer, recognise_by_api, recognised
from probes.server_profile import ApiSign, ServerProfile

pytestmark = pytest.mark.anyio

PROFILES = tuple(installed("trimtab.servers").values())

# What each answered when it ran here (Ray and BentoML as documented).
ANSWERS = {
    "mlserver": {"/v2": '{"name":"mlserver","version":"1.7.1","extensions":[]}'},
    "triton": {"/v2": '{"name": "triton", "version": "2.51.0", "extensions": ["statistics"]}'},
    "kserve": {"/": '{"status":"alive"}', "/v2/health/live": '{"live":true}'},
    "torchserve": {"/ping": '{\n  "status": "Healthy"\n}\n'},
    "vllm": {"/load": '{"server_load":0}', "/version": '{"version":"0.32.0"}', "/ping": ""},
    "bentoml": {"/schema.json": '{"name":"tiny","type":"service","routes":[]}', "/livez": ""},
    "ray-serve": {"/-/healthz": "success", "/-/routes": '{"/tiny":"tiny"}'},
    "envoy": {
        "/ready": "LIVE\n",
        "/server_info": '{"version": "1.40.0", "state": "LIVE", "hot_restart_version": "11"}',
    },
    "reference-server": {"/v2": '{"name":"trimtab-model-server"}'},
}


@asynccontextmanager
async def server(bodies: Mapping[str, str], status: int = 200) -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        body = bodies.get(request.path)
        return web.Response(text=body or "", status=404 if body is None else status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as running:
        yield str(running.make_url("/metrics"))


@pytest.mark.parametrize("name", sorted(ANSWERS))
async def test_a_fresh_server_is_known_by_its_answers(
    session: aiohttp.ClientSession, name: str
) -> None:
    async with server(ANSWERS[name]) as url:
        (found,) = await recognise_by_api(session, url, PROFILES)
    assert (found.profile.name, found.confidence) == (name, "likely")
    assert found.signature[0].startswith("GET /")
    assert found.found == ()


async def test_an_error_that_looks_right_is_no_sign(session: aiohttp.ClientSession) -> None:
    async with server(ANSWERS["mlserver"], status=500) as url:
        assert await recognise_by_api(session, url, PROFILES) == ()


async def test_a_closed_port_is_nobody(session: aiohttp.ClientSession) -> None:
    async with server({}) as url:
        pass
    assert await recognise_by_api(session, url, PROFILES) == ()


async def test_a_page_that_answers_everything_with_html_is_nobody(
    session: aiohttp.ClientSession,
) -> None:
    page = "<!doctype html><title>{ready}</title><script>var a = {}</script>"
    paths = {sign.path for profile in PROFILES for sign in profile.api_signs}
    async with server(dict.fromkeys(paths, page)) as url:
        assert await recognise_by_api(session, url, PROFILES) == ()


def test_a_header_can_be_the_sign() -> None:
    sign = ApiSign(path="/", header="server: oddity")
    odd = ServerProfile(name="odd", title="Odd", signatures=(), api_signs=(sign,))
    yes = ApiAnswer(status=200, headers={"server": "Oddity/1"}, body="")
    no = ApiAnswer(status=200, headers={"server": "nginx"}, body="")
    assert recognised([odd], {"/": yes}) == ((odd, sign),)
    assert recognised([odd], {"/": no}) == ()
