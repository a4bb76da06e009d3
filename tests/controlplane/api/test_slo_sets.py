"""Sets of SLO files by REST: watched, changed with their counts kept, let go, and there after a restart."""

import httpx
import pytest
from fastapi import FastAPI

from controlplane.decide.alert_state import AlertState
from controlplane.loops.evaluate import evaluate
from controlplane.loops.measure import save_counts
from controlplane.slo_evaluation import evaluate_promise
from tests.controlplane.small_world import SLO, Surroundings, World, open_world

pytestmark = pytest.mark.anyio
MINE = SLO.replace("name: availability", "name: mine")
FILES = {"files": {"mine.yaml": MINE}}


def counts(world: World, name: str = "mine") -> tuple[int, int]:
    promise = world.plane.promises[name]
    found = evaluate_promise(promise, world.plane.counting, now=world.plane.now()).budget.counts
    return found.bad, found.total


async def put(api: httpx.AsyncClient, files: dict, query: str = "") -> httpx.Response:
    return await api.put(f"/v1/slo-sets/team{query}", json=files)


async def test_what_is_applied_is_counted_from_the_next_page_on(
    api: httpx.AsyncClient, world: World
) -> None:
    await world.measure()
    found = (await put(api, FILES)).json()
    assert (found["applied"], found["changes"][0]["change"]) == (True, "added")
    await world.measure()
    world.server.answer("1", good=90, bad=10)
    await world.measure()
    assert counts(world) == (10, 100)
    (kept,) = (await api.get("/v1/slo-sets")).json()["items"]
    assert (kept["name"], kept["slos"], kept["files"]) == ("team", ["mine"], ["mine.yaml"])
    entry = (await api.get("/v1/audit")).json()["items"][0]
    assert (entry["verb"], entry["detail"]["added"]) == ("slo-set.apply", ["mine"])


async def test_another_target_keeps_every_count(api: httpx.AsyncClient, world: World) -> None:
    await put(api, FILES)
    await world.measure()
    world.server.answer("1", good=90, bad=10)
    await world.measure()
    stricter = {"files": {"mine.yaml": MINE.replace("target: 0.99", "target: 0.999")}}
    dry = (await put(api, stricter, "?dryRun=true")).json()
    assert dry["changes"][0]["differences"] == ["target: 0.99 -> 0.999"]
    assert world.plane.promises["mine"].slo.objective.target == 0.99
    (change,) = (await put(api, stricter)).json()["changes"]
    assert (change["change"], change["keepsCounts"]) == ("changed", True)
    assert world.plane.promises["mine"].slo.objective.target == 0.999
    world.server.answer("1", good=0, bad=1)
    await world.measure()
    assert counts(world) == (11, 101)


async def test_another_indicator_goes_on_from_the_same_sums(
    api: httpx.AsyncClient, world: World
) -> None:
    await put(api, FILES)
    await world.measure()
    world.server.answer("1", good=90, bad=10)
    await world.measure()
    other = {"files": {"mine.yaml": MINE.replace('code=~"5.."', 'code="500",version="2"')}}
    (change,) = (await put(api, other)).json()["changes"]
    assert (change["change"], change["keepsCounts"]) == ("changed", False)
    world.server.answer("1", good=0, bad=5)
    await world.measure()  # the first page of the new indicator is where it begins
    world.server.answer("2", good=0, bad=7)
    await world.measure()
    assert counts(world) == (17, 107)


async def test_letting_an_slo_go_must_be_asked_for_and_ends_its_alerts(
    api: httpx.AsyncClient, world: World
) -> None:
    other = {"other.yaml": SLO.replace("name: availability", "name: other")}
    await put(api, {"files": FILES["files"] | other})
    for _ in range(30):
        world.server.answer("1", good=0, bad=100)
        await world.second_passes(evaluate)
    assert world.plane.live.alerts["mine/page"].state is AlertState.FIRING
    refused = await put(api, {"files": other})
    assert refused.status_code == 409
    assert refused.json()["hint"] == "add its file, or ask for that with --prune"
    assert "mine" in world.plane.promises
    found = await put(api, {"files": other, "prune": True})
    assert [each["change"] for each in found.json()["changes"]] == ["removed", "unchanged"]
    assert "mine" not in world.plane.promises
    assert world.plane.live.alerts["mine/page"].state is AlertState.RESOLVED
    before = world.plane.counting.value("slo/mine/part")
    await put(api, {"files": FILES["files"] | other})
    await world.measure()
    world.server.answer("1", good=0, bad=3)
    await world.measure()
    assert world.plane.counting.value("slo/mine/part") == before + 3


async def test_names_of_others_are_refused(api: httpx.AsyncClient) -> None:
    taken = await put(api, {"files": {"a.yaml": SLO}})
    assert (taken.status_code, taken.json()["detail"]) == (
        409,
        "The SLO 'availability' comes from trimtab.yaml.",
    )
    await put(api, FILES)
    taken = await api.put("/v1/slo-sets/others", json=FILES)
    assert taken.json()["detail"] == "The SLO 'mine' comes from the set 'team'."


async def test_wrong_files_are_refused_whole(api: httpx.AsyncClient, world: World) -> None:
    wrong = FILES["files"] | {"b.yaml": SLO.replace("target: 0.99", "target: 99")}
    found = await put(api, {"files": wrong})
    assert found.status_code == 422
    assert found.json()["detail"].startswith("b.yaml:")
    assert list(world.plane.promises) == ["availability"]
    assert (await put(api, {"files": {"c.yaml": ""}})).json()["detail"] == "The files hold no SLO."
    assert (await put(api, {"files": {}})).status_code == 422
    assert (await api.put("/v1/slo-sets/..", json=FILES)).status_code in (404, 405)


async def test_a_set_is_there_after_a_restart_and_gone_when_it_is_dropped(
    around: Surroundings, app: FastAPI
) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        async with open_world(around) as world:
            app.state.plane = world.plane
            await put(api, FILES)
            await world.measure()
            world.server.answer("1", good=90, bad=10)
            await world.measure()
            await save_counts(world.plane)
        async with open_world(around) as world:
            app.state.plane = world.plane
            await world.measure()
            assert counts(world) == (10, 100)
            assert (await api.delete("/v1/slo-sets/team")).status_code == 204
            assert "mine" not in world.plane.promises
            gone = await api.delete("/v1/slo-sets/team")
            assert (gone.status_code, gone.json()["hint"]) == (404, "known sets: none")
        async with open_world(around) as world:
            assert "mine" not in world.plane.promises


async def test_a_set_that_cannot_be_watched_any_more_is_told_and_stops_nobody(
    around: Surroundings, app: FastAPI
) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        async with open_world(around) as world:
            app.state.plane = world.plane
            await put(api, FILES)
        async with open_world(around, slo=SLO + "---" + MINE) as world:
            app.state.plane = world.plane
            (kept,) = (await api.get("/v1/slo-sets")).json()["items"]
            assert kept["reason"] == "The SLO 'mine' comes from trimtab.yaml."
            assert kept["slos"] == []


async def test_a_family_that_is_changed_keeps_its_members(
    api: httpx.AsyncClient, world: World
) -> None:
    each = MINE.replace('trimtab.dev/blame-by: "version,target"', "trimtab.dev/each: version")
    await put(api, {"files": {"mine.yaml": each}})
    await world.measure()
    world.server.answer("1", good=90, bad=10)
    await world.measure()
    stricter = {"files": {"mine.yaml": each.replace("target: 0.99", "target: 0.999")}}
    await put(api, stricter)
    assert world.plane.promises["mine:1"].slo.objective.target == 0.999
    world.server.answer("1", good=0, bad=1)
    await world.measure()
    assert counts(world, "mine:1") == (11, 101)
    assert (await api.delete("/v1/slo-sets/team")).status_code == 204
    assert list(world.plane.promises) == ["availability"]


def in_parts(share: float, name: str = "first") -> str:
    """Return the SLO with two objectives, of which the first is called so and must keep so much."""
    begin, end = MINE.index("  indicator:"), MINE.index("  budgetingMethod:")
    indicator = MINE[begin:end].replace("\n  ", "\n    ").rstrip()
    objectives = "".join(
        f"  - displayName: {called}\n    target: 0.9\n    timeSliceTarget: {share}\n"
        f"    timeSliceWindow: 1m\n  {indicator}\n"
        for called in (name, "second")
    )
    text = MINE[:begin] + MINE[end : MINE.index("  objectives:")] + "  objectives:\n" + objectives
    text = text.replace("Occurrences", "Timeslices")
    return text.replace('{trimtab.dev/blame-by: "version,target"}', "{}")


async def test_objectives_that_are_changed_are_still_watched(
    api: httpx.AsyncClient, world: World
) -> None:
    await put(api, {"files": {"mine.yaml": in_parts(0.9)}})
    for share, name in ((0.8, "first"), (0.8, "other")):
        found = await put(api, {"files": {"mine.yaml": in_parts(share, name)}})
        (change,) = found.json()["changes"]
        assert (change["change"], change["differences"][0][:11]) == ("changed", "objectives:")
        part = world.plane.promises["mine"].slo.parts[0]
        assert (part.slice_target, part.name) == (share, name)
    (change,) = (await put(api, {"files": {"mine.yaml": in_parts(0.8, "other")}})).json()["changes"]
    assert (change["change"], change["differences"]) == ("unchanged", [])
