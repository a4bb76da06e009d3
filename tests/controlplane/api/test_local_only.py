import httpx
import pytest
from fastapi import FastAPI

from controlplane.api.local_only import LocalOnly

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        pytest.param("127.0.0.1:9470", None, 200, id="this machine by its number"),
        pytest.param("localhost", None, 200, id="this machine by its name"),
        pytest.param("[::1]:9470", None, 200, id="this machine in IPv6"),
        pytest.param("evil.example", None, 403, id="a name that was rebound"),
        pytest.param("", None, 403, id="no name"),
        pytest.param("127.0.0.1", "http://localhost:8501", 200, id="a page of this machine"),
        pytest.param("127.0.0.1", "https://evil.example", 403, id="a page of another site"),
        pytest.param("127.0.0.1", "null", 403, id="a page that hides where it is from"),
        pytest.param("127.0.0.1", "http://[::", 403, id="nonsense"),
    ],
)
async def test_only_this_machine_may_ask(host: str, origin: str | None, status: int) -> None:
    app = FastAPI()
    app.add_middleware(LocalOnly)
    app.add_api_route("/", lambda: {"ok": True})
    headers = {"host": host} | ({"origin": origin} if origin else {})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        assert (await client.get("/", headers=headers)).status_code == status
