"""Events as server-sent events, from a real port: they come as they happen, and resume by cursor."""

import json

import httpx
import pytest

from controlplane.api.event_stream import MOST_STREAMS
from controlplane.client import TrimtabClient
from controlplane.schemas import RolloutIn
from tests.controlplane.running_plane import RunningPlane


def frames(url: str, count: int, **headers: str) -> list[dict[str, str]]:
    """Read so many events, then leave."""
    found: list[dict[str, str]] = []
    accept = {"accept": "text/event-stream", **headers}
    with httpx.stream("GET", f"{url}/v1/events", headers=accept, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        frame: dict[str, str] = {}
        for line in answer.iter_lines():
            name, mark, value = line.partition(": ")
            if mark and name:
                frame[name] = value
            elif not line and "id" in frame:
                found.append(frame)
                frame = {}
            if len(found) == count:
                return found
    return found


@pytest.fixture
def made(running: RunningPlane) -> list[str]:
    with TrimtabClient(running.url) as client:
        asked = RolloutIn(service="resnet", version="2")
        return [client.start_rollout(asked).id for _ in range(2)]


def test_events_come_in_order_with_their_cursor(running: RunningPlane, made: list[str]) -> None:
    found = frames(running.url, 3)
    kinds = [frame["event"] for frame in found]
    assert kinds == ["rollout.start", "rollout.supersede", "rollout.start"]
    assert json.loads(found[0]["data"])["subject"] == f"rollout/{made[0]}"
    assert [int(frame["id"]) for frame in found] == sorted(int(frame["id"]) for frame in found)


def test_a_reader_that_was_cut_off_goes_on(running: RunningPlane, made: list[str]) -> None:
    first = frames(running.url, 1)[0]
    rest = frames(running.url, 2, **{"last-event-id": first["id"]})
    assert json.loads(rest[-1]["data"])["subject"] == f"rollout/{made[1]}"
    assert int(rest[0]["id"]) > int(first["id"])


def test_there_are_never_too_many_streams(running: RunningPlane) -> None:
    running.plane.live.open_streams = MOST_STREAMS
    refused = httpx.get(f"{running.url}/v1/events", headers={"accept": "text/event-stream"})
    assert (refused.status_code, refused.json()["code"]) == (429, "Overloaded")


def test_a_list_comes_in_pages(running: RunningPlane, made: list[str]) -> None:
    first = httpx.get(f"{running.url}/v1/rollouts?pageSize=1").json()
    assert [each["id"] for each in first["items"]] == [made[1]]
    token = first["nextPageToken"]
    second = httpx.get(f"{running.url}/v1/rollouts?pageSize=1&pageToken={token}").json()
    assert [each["id"] for each in second["items"]] == [made[0]]
    assert "nextPageToken" not in second
    stale = httpx.get(f"{running.url}/v1/rollouts?pageToken=bm90aGluZw")
    assert (stale.status_code, stale.json()["hint"]) == (422, "begin again without pageToken")
    assert httpx.get(f"{running.url}/v1/slos?pageSize=0").status_code == 422
