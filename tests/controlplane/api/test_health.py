import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def test_a_process_that_answers_is_alive(api: httpx.AsyncClient) -> None:
    assert (await api.get("/healthz")).json() == {"status": "ok"}


async def test_the_plane_is_ready_once_it_has_looked_at_everything(
    api: httpx.AsyncClient, world: World
) -> None:
    waiting = await api.get("/readyz")
    assert waiting.status_code == 503
    assert waiting.json()["reason"] == "not yet asked: server, resnet"
    await world.measure()
    assert (await api.get("/readyz")).json()["reason"] == "not yet asked: resnet"
    await world.moves()
    ready = await api.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


async def test_a_target_that_is_down_was_asked_all_the_same(
    api: httpx.AsyncClient, world: World
) -> None:
    world.router.down = True
    await world.measure()
    await world.moves()
    assert (await api.get("/readyz")).status_code == 200


async def test_the_metrics_page_is_one(api: httpx.AsyncClient, world: World) -> None:
    await world.measure()
    response = await api.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {found.name: found for found in text_string_to_metric_families(response.text)}
    found = [s for s in families["trimtab_scrapes"].samples if s.name.endswith("_total")]
    assert {s.labels["outcome"] for s in found if s.value} == {"ok"}


async def test_the_description_is_openapi_3_1_and_names_every_resource(
    api: httpx.AsyncClient,
) -> None:
    described = (await api.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    for path in ("/v1/rollouts", "/v1/slos/{name}/budget", "/v1/runbook-runs", "/v1/audit"):
        assert path in described["paths"]
