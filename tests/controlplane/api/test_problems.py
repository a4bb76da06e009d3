import httpx
import pytest
from fastapi import FastAPI

from controlplane import errors
from controlplane.api.problems import STATUS, install_problem_handlers
from controlplane.errors import InvalidConfig, RouterError, TrimtabError

pytestmark = pytest.mark.anyio


async def answer(error: Exception) -> httpx.Response:
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get("/")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(RouterError("away"), 502, id="whom we ask is away"),
        pytest.param(InvalidConfig("bad"), 422, id="what was given cannot be"),
        pytest.param(TrimtabError("what?"), 500, id="nobody thought of it"),
    ],
)
async def test_an_error_keeps_its_name_and_hint(error: TrimtabError, status: int) -> None:
    error.hint = "try again"
    found = (await answer(error)).json()
    assert found["status"] == status
    assert (found["code"], found["hint"]) == (type(error).__name__, "try again")


async def test_a_fault_of_ours_tells_its_kind_and_not_its_text() -> None:
    response = await answer(ValueError("password hunter2"))
    assert (response.status_code, response.json()["code"]) == (500, "Internal")
    assert "ValueError" in response.json()["detail"]
    assert "hunter2" not in response.text


@pytest.mark.parametrize(("path", "status"), [("/no/such/page", 404), ("/v1/deliveries/x", 404)])
async def test_a_page_that_is_not_there_is_a_problem_too(
    api: httpx.AsyncClient, path: str, status: int
) -> None:
    found = await api.get(path)
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json()["code"] == f"Http{status}"


async def test_a_method_that_a_page_does_not_take_is_a_problem_too(api: httpx.AsyncClient) -> None:
    assert (await api.delete("/v1/rollouts")).json()["code"] == "Http405"


def test_every_error_that_a_route_can_raise_has_its_status() -> None:
    raised_elsewhere = {TrimtabError, errors.Unreachable}
    assert {getattr(errors, name) for name in errors.__all__} - raised_elsewhere == set(STATUS)
