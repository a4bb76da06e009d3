import httpx
import pytest

from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


async def test_a_deed_is_told_and_written_down(api: httpx.AsyncClient, world: World) -> None:
    asked = {"service": "resnet", "version": "2"}
    made = (await api.post("/v1/rollouts", json=asked)).json()
    (event,) = (await api.get(made["links"]["events"])).json()["items"]
    assert (event["kind"], event["subject"]) == ("rollout.start", f"rollout/{made['id']}")
    (entry,) = (await api.get("/v1/audit")).json()["items"]
    assert entry["verb"] == "rollout.start"
    assert entry["detail"]["steps"] == [5.0, 50.0]
    assert world.plane.trail.first_break() is None


async def test_events_go_on_after_the_cursor(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        await api.post("/v1/rollouts", json={"service": "resnet", "version": "2"})
    every = (await api.get("/v1/events")).json()["items"]
    rest = (await api.get(f"/v1/events?after={every[0]['id']}")).json()["items"]
    assert rest == every[1:]
    assert [event["kind"] for event in every] == [
        "rollout.start",
        "rollout.supersede",
        "rollout.start",
    ]
