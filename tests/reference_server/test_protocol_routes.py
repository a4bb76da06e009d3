"""Health and metadata."""

import httpx
import pytest

from reference_server.app import Service

pytestmark = pytest.mark.anyio


async def test_the_server_says_what_it_is(client: httpx.AsyncClient) -> None:
    told = (await client.get("/v2")).json()
    assert told["name"] == "trimtab-model-server"
    assert told["extensions"] == ["traffic", "mirror", "faults"]


READY = (
    "/v2/health/ready",
    "/v2/models/tiny/ready",
    "/v2/models/tiny/versions/2/ready",
)


async def test_a_server_that_stops_is_alive_and_not_ready(
    client: httpx.AsyncClient, service: Service
) -> None:
    assert [(await client.get(path)).status_code for path in READY] == [200] * 3
    service.readiness.drain()
    answers = [await client.get(path) for path in READY]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert answers[0].headers["retry-after"] == "1"
    assert (await client.get("/v2/health/live")).json() == {"live": True}


@pytest.mark.parametrize("path", ["/v2/models/tiny", "/v2/models/tiny/versions/1"])
async def test_a_model_says_what_it_takes_and_gives(client: httpx.AsyncClient, path: str) -> None:
    told = (await client.get(path)).json()
    assert told["versions"] == ["1", "2"]
    assert told["inputs"] == [{"name": "float_input", "datatype": "FP32", "shape": [-1, 2]}]
    assert told["outputs"][0]["name"] == "label"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("/v2/models/tinny", "Did you mean 'tiny'", id="a misspelt model"),
        pytest.param("/v2/models/xxxx/ready", "Models: tiny, other", id="an unknown model"),
        pytest.param("/v2/models/tiny/versions/9", "Versions: 1, 2", id="an unknown version"),
        pytest.param("/v2/models/tiny/versions/9/ready", "Versions: 1, 2", id="not ready at all"),
        pytest.param("/nothing", "not served here", id="an unknown path"),
    ],
)
async def test_what_is_not_there_says_what_is(
    client: httpx.AsyncClient, path: str, says: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert says in answer.json()["error"]


async def test_inference_is_posted(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v2/models/tiny/infer")
    assert answer.status_code == 404
    assert (await client.post("/v2/health/live")).status_code == 405
