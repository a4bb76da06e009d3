import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from controlplane.decide.route import Mirror
from controlplane.errors import RouterError
from controlplane.routers.reference_server import ReferenceServerRouter
from controlplane.spec import RouteSpec

pytestmark = pytest.mark.anyio

Make = Callable[[str], ReferenceServerRouter]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[ReferenceServerRouter] = []

    def router(url: str) -> ReferenceServerRouter:
        route = RouteSpec(router="reference-server", url=url, name="resnet")
        made.append(ReferenceServerRouter(route))
        return made[-1]

    yield router
    for one in made:
        await one.close()


async def test_weights_are_put_and_read_where_the_model_is(serve, make: Make) -> None:
    kept: dict[str, float] = {"1": 100.0}
    fencing: list[str | None] = []

    async def traffic(request: web.Request) -> web.Response:
        assert request.path == "/v2/models/resnet/traffic"
        if request.method == "PUT":
            fencing.append(request.headers.get("x-fencing-number"))
            kept.clear()
            kept.update(await request.json())
        return web.json_response({"weights": kept})

    router = make(await serve(traffic))
    assert await router.read_weights() == {"1": 100.0}
    await router.set_weights({"1": 95.0, "2": 5.0})
    assert await router.read_weights() == {"1": 95.0, "2": 5.0}
    await router.set_weights({"1": 100.0}, fencing=7)
    assert fencing == [None, "7"]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        pytest.param(500, "{}", id="a server error"),
        pytest.param(404, '{"weights": {}}', id="a model nobody knows"),
        pytest.param(302, '{"weights": {"1": 100}}', id="a redirect"),
        pytest.param(200, "<html>", id="no JSON"),
        pytest.param(200, "[]", id="a list"),
        pytest.param(200, "{}", id="no weights"),
        pytest.param(200, '{"weights": [1]}', id="weights without versions"),
        pytest.param(200, '{"weights": {"1": "much"}}', id="words for weights"),
        pytest.param(200, '{"weights": {"1": null}}', id="nothing for a weight"),
        pytest.param(200, '{"weights": {}}', id="no version at all"),
        pytest.param(200, '{"weights": {"1": "inf"}}', id="a weight without end"),
        pytest.param(200, " " * 2_000_000, id="more than anybody asked for"),
    ],
)
async def test_an_answer_that_says_nothing_is_a_router_error(
    serve, make: Make, status: int, text: str
) -> None:
    async def traffic(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, content_type="application/json")

    router = make(await serve(traffic))
    with pytest.raises(RouterError, match="GET /v2/models"):
        await router.read_weights()
    with pytest.raises(RouterError, match="PUT /v2/models"):
        await router.set_weights({"1": 100.0})


async def test_a_router_that_is_away_is_a_router_error(make: Make) -> None:
    with pytest.raises(RouterError, match="ConnectError"):
        await make("http://127.0.0.1:1").read_weights()


async def test_a_router_that_never_answers_is_left(serve, make: Make) -> None:
    async def sleep(_request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    router = make(await serve(sleep))
    router._http.timeout = 0.2
    with pytest.raises(RouterError, match="ReadTimeout"):
        await router.read_weights()


async def test_a_mirror_is_put_read_and_deleted_under_the_lease_s_number(serve, make: Make) -> None:
    kept: dict[str, object] = {"version": None, "percent": 0.0, "tolerance": 0.001}
    numbers: list[str | None] = []

    async def mirror(request: web.Request) -> web.Response:
        assert request.path == "/v2/models/resnet/mirror"
        if request.method != "GET":
            numbers.append(request.headers.get("x-fencing-number"))
        if request.method == "PUT":
            kept.update(await request.json())
        if request.method == "DELETE":
            kept.update(version=None, percent=0.0)
        return web.json_response(kept)

    router = make(await serve(mirror))
    assert await router.read_mirror() is None
    wanted = Mirror(version="2", percent=5.0, tolerance=0.01)
    await router.set_mirror(wanted, fencing=3)
    assert await router.read_mirror() == wanted
    await router.set_mirror(None, fencing=4)
    assert await router.read_mirror() is None
    assert numbers == ["3", "4"]


async def test_a_server_that_knows_of_no_mirror_has_none_and_cannot_be_given_one(
    serve, make: Make
) -> None:
    async def old(_request: web.Request) -> web.Response:
        return web.json_response({"error": "not served here"}, status=404)

    router = make(await serve(old))
    assert await router.read_mirror() is None
    with pytest.raises(RouterError, match="PUT /v2/models/resnet/mirror"):
        await router.set_mirror(Mirror(version="2", percent=5.0, tolerance=0.01))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{}", id="nothing"),
        pytest.param('{"version": "2"}', id="no share"),
        pytest.param('{"version": "2", "percent": "inf", "tolerance": 0}', id="no number"),
        pytest.param("[1]", id="a list"),
    ],
)
async def test_a_mirror_that_says_nothing_is_a_router_error(serve, make: Make, text: str) -> None:
    async def mirror(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/json")

    with pytest.raises(RouterError, match="GET /v2/models/resnet/mirror"):
        await make(await serve(mirror)).read_mirror()
