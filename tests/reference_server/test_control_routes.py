"""What operators and routers change."""

from dataclasses import replace

import httpx
import pytest

from reference_server.app import build_service
from reference_server.settings import Settings

pytestmark = pytest.mark.anyio
TRAFFIC = "/v2/models/tiny/traffic"
FAULTS = "/v2/models/tiny/versions/2/faults"


async def test_weights_are_set_and_shown_as_percentages(client: httpx.AsyncClient) -> None:
    changed = await client.put(TRAFFIC, json={"1": 19, "2": 1})
    assert (changed.status_code, changed.json()) == (200, {"weights": {"1": 95.0, "2": 5.0}})
    assert (await client.get(TRAFFIC)).json() == {"weights": {"1": 95.0, "2": 5.0}}
    page = (await client.get("/metrics")).text
    assert 'inference_traffic_weight{model="tiny",version="2"} 5.0' in page


async def test_refused_weights_leave_the_old_ones(client: httpx.AsyncClient) -> None:
    refused = await client.put(TRAFFIC, json={"9": 1})
    assert refused.status_code == 400
    assert "Versions: 1, 2" in refused.json()["error"]
    assert (await client.get(TRAFFIC)).json() == {"weights": {"1": 100.0, "2": 0.0}}


async def test_whoever_led_before_sets_no_weights(client: httpx.AsyncClient) -> None:
    new, old = {"x-fencing-number": "8"}, {"x-fencing-number": "7"}
    assert (await client.put(TRAFFIC, json={"2": 1}, headers=new)).status_code == 200
    refused = await client.put(TRAFFIC, json={"1": 1}, headers=old)
    assert (refused.status_code, list(refused.json())) == (409, ["error"])
    assert "under 8" in refused.json()["error"]
    assert (await client.get(TRAFFIC)).json()["weights"] == {"1": 0.0, "2": 100.0}
    assert (await client.put(TRAFFIC, json={"1": 1}, headers=new)).status_code == 200
    assert (await client.put(TRAFFIC, json={"1": 1})).status_code == 200
    nonsense = {"x-fencing-number": "-1"}
    assert (await client.put(TRAFFIC, json={"1": 1}, headers=nonsense)).status_code == 400


async def test_faults_are_set_shown_and_healed(client: httpx.AsyncClient) -> None:
    healthy = (await client.get(FAULTS)).json()
    assert healthy["error_share"] == 0.0
    changed = await client.put(FAULTS, json={"error_share": 0.02, "leak_bytes_per_request": 5})
    assert changed.json() == {**healthy, "error_share": 0.02, "leak_bytes_per_request": 5}
    assert (await client.get(FAULTS)).json() == changed.json()
    assert (await client.delete(FAULTS)).json() == healthy


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/v2/models/nope/traffic", b"{}", 404, id="weights of no model"),
        pytest.param(TRAFFIC, b"[]", 400, id="weights that are no object"),
        pytest.param(TRAFFIC, b" " * 70_000, 413, id="weights without end"),
        pytest.param("/v2/models/tiny/versions/9/faults", b"{}", 404, id="faults of no version"),
        pytest.param(FAULTS, b'{"error_share": 2}', 400, id="faults out of range"),
    ],
)
async def test_what_cannot_be_is_refused(
    client: httpx.AsyncClient, path: str, body: bytes, status: int
) -> None:
    answer = await client.put(path, content=body)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


async def test_faults_are_refused_where_other_machines_listen(settings: Settings) -> None:
    with build_service(replace(settings, faults=False)) as service:
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            answer = await client.put(FAULTS, json={})
            assert answer.status_code == 403
            assert "--faults" in answer.json()["error"]
            assert (await client.get("/v2")).json()["extensions"] == ["traffic", "mirror"]
