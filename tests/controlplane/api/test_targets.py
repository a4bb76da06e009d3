import httpx
import pytest

from controlplane.app import make_api
from controlplane.loops.discover import look
from controlplane.loops.measure import measure_group
from controlplane.target_desk import add_target, checked_target
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio


@pytest.fixture
def added(around: Surroundings) -> dict[str, object]:
    return {"name": "extra", "url": f"{around.address}/metrics", "service": "bert"}


async def names(api: httpx.AsyncClient) -> list[str]:
    return [item["name"] for item in (await api.get("/v1/targets")).json()["items"]]


async def test_a_target_is_added_scraped_and_removed(
    api: httpx.AsyncClient, world: World, added: dict[str, object]
) -> None:
    answer = await api.post("/v1/targets", json=added)
    assert answer.status_code == 201
    assert await names(api) == ["server", "extra"]
    await world.measure()
    shown = (await api.get("/v1/targets/extra")).json()
    assert (shown["status"]["state"], shown["status"]["origin"]) == ("up", "api")
    assert (await api.delete("/v1/targets/extra")).status_code == 204
    assert await names(api) == ["server"]
    assert "extra" not in world.plane.live.pages
    verbs = [item["verb"] for item in (await api.get("/v1/audit")).json()["items"]]
    assert {"target.add", "target.remove"} <= set(verbs)


async def test_the_same_name_again_changes_it_and_a_dry_run_changes_nothing(
    api: httpx.AsyncClient, added: dict[str, object]
) -> None:
    await api.post("/v1/targets", json=added)
    await api.post("/v1/targets", json=added | {"interval": "1s"})
    assert (await api.get("/v1/targets/extra")).json()["spec"]["intervalSeconds"] == 1.0
    dry = await api.post("/v1/targets?dryRun=true", json=added | {"name": "dry"})
    assert (dry.status_code, dry.json()["status"]["origin"]) == (201, "not watched")
    assert await names(api) == ["server", "extra"]


async def test_what_was_added_outlives_a_restart(around: Surroundings, added) -> None:
    async with open_world(around) as world:
        add_target(world.plane, checked_target(added))
    async with open_world(around) as world:
        target = world.plane.book.get("extra")
        assert target is not None
        await measure_group(world.plane, [target])
        assert world.plane.live.targets["extra"].state == "up"


@pytest.mark.parametrize(
    ("more", "status", "reason"),
    [
        ({"url": "http://me:pw@x/"}, 422, "no login"),
        ({"auth": {"bearer": "s3cret"}}, 422, "auth.bearer"),
        ({"inter": 1}, 422, "Did you mean 'interval'"),
        ({"name": "server"}, 409, "comes from trimtab.yaml"),
    ],
)
async def test_what_cannot_be_watched_is_refused(
    api: httpx.AsyncClient, added, more, status, reason
) -> None:
    answer = await api.post("/v1/targets", json=added | more)
    assert answer.status_code == status
    assert reason in answer.json()["detail"]
    assert "s3cret" not in answer.text


async def test_discoveries_say_how_they_went_and_what_is_not_watched(around: Surroundings) -> None:
    url = f"{around.address}/other"
    found = f"[{{name: server, url: '{url}'}}, {{name: more, url: '{url}'}}]"
    (around.folder / "found.yaml").write_text(found)
    more = "discovery: [{kind: file, path: found.yaml, service: bert}]\n"
    async with open_world(around, more=more) as world:
        app = make_api()
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            (before,) = (await api.get("/v1/discovery")).json()["items"]
            assert (before["ok"], before["reason"]) == (None, "not looked yet")
            ((origin, discoverer),) = world.plane.discoverers.items()
            await look(world.plane, origin, discoverer)
            (after,) = (await api.get("/v1/discovery")).json()["items"]
    assert (after["ok"], after["targets"]) == (True, 2)
    assert after["refused"] == {"server": "trimtab.yaml has that name already"}


@pytest.mark.parametrize(("name", "status"), [("gone", 404), ("server", 409)])
async def test_only_what_was_added_here_is_removed(
    api: httpx.AsyncClient, name: str, status: int
) -> None:
    assert (await api.delete(f"/v1/targets/{name}")).status_code == status
    assert (await api.get("/v1/targets/gone")).status_code == 404


async def test_series_are_shown_where_they_are_kept(api: httpx.AsyncClient) -> None:
    path = "/v1/targets/server/series"
    refused = await api.get(path, params={"match": "inference_requests_total"})
    assert (refused.status_code, refused.json()["hint"]) == (
        409,
        "write storage: {recent: 1h} in trimtab.yaml",
    )
    assert (await api.get("/v1/targets/x/series", params={"match": "a"})).status_code == 404


async def test_series_come_with_their_times(around: Surroundings) -> None:
    async with open_world(around, more="storage: {recent: 1h}\n") as world:
        app = make_api()
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            world.server.answer("1", good=5)
            await world.measure()
            world.server.answer("1", good=5)
            await world.measure()
            path = "/v1/targets/server/series"
            query = {"match": 'inference_requests_total{version="1",code="200"}'}
            (found,) = (await api.get(path, params=query)).json()["items"]
            assert found["values"] == [5.0, 10.0]
            assert found["times"][1] - found["times"][0] == 1.0
            wrong = await api.get(path, params={"match": "rate(a[5m])"})
            assert wrong.status_code == 422
