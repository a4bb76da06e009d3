import httpx
import pytest

from controlplane.api.limits import MAX_BODY_BYTES, BodyLimit

pytestmark = pytest.mark.anyio

ASKED = {"service": "resnet", "version": "2"}


async def test_a_body_that_is_too_large_is_refused(api: httpx.AsyncClient) -> None:
    response = await api.post("/v1/rollouts", content=b" " * (MAX_BODY_BYTES + 1))
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "TooLarge"


async def test_a_body_in_pieces_is_counted_as_a_whole(api: httpx.AsyncClient) -> None:
    async def pieces():
        for _ in range(3):
            yield b" " * (MAX_BODY_BYTES // 2)

    response = await api.post("/v1/rollouts", content=pieces())
    assert response.status_code == 413


async def test_a_body_of_the_largest_size_is_read(api: httpx.AsyncClient) -> None:
    body = httpx.Request("POST", "http://x", json=ASKED).content
    padded = body + b" " * (MAX_BODY_BYTES - len(body))
    headers = {"content-type": "application/json"}
    response = await api.post("/v1/rollouts", content=padded, headers=headers)
    assert response.status_code == 202


async def test_what_is_no_request_is_passed_on() -> None:
    seen: list[str] = []

    async def inner(scope, _receive, _send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: object) -> dict[str, str]:
        return {}

    await BodyLimit(inner)({"type": "lifespan"}, nothing, nothing)
    assert seen == ["lifespan"]


async def test_a_client_that_left_is_not_answered_by_a_route() -> None:
    async def inner(*_: object) -> None:
        pytest.fail("nobody is there to answer")

    async def left() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_message: object) -> None:
        return

    await BodyLimit(inner)({"type": "http"}, left, send)
