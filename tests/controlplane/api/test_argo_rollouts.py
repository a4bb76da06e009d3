"""Argo Rollouts asks as metricproviders/webmetric does, by the templates of the documentation."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from fastapi import FastAPI

from controlplane import rollout_desk
from controlplane.retarget import retarget
from tests.controlplane.loops.test_rollout import traffic_second
from tests.controlplane.small_world import Surroundings, World, open_world
from tests.test_docs import HOOKS, fenced

pytestmark = pytest.mark.anyio
ARGS = {"service": "resnet", "version": "2", "against": "1", "release": "7"}
TEMPLATES = {
    each["metadata"]["name"]: each["spec"]["metrics"][0]
    for block in fenced("yaml", HOOKS)
    if "AnalysisTemplate" in block
    for each in yaml.safe_load_all(block)
}


class Argo:
    """Takes measurements by a template of ours, as its controller does."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api

    async def measure(self, template: str, **args: str) -> tuple[str, dict[str, object]]:
        metric, said = TEMPLATES[template], ARGS | args
        web = yaml.safe_load(filled(yaml.safe_dump(metric["provider"]["web"]), said))
        address = urlsplit(web["url"])
        target = f"{address.path}?{address.query}" if address.query else address.path
        answer = await self._api.request(web.get("method", "GET"), target, json=web.get("jsonBody"))
        if not answer.is_success:
            return "Error", dict(answer.json())
        assert web["jsonPath"] == "{$}"
        return phase(metric, answer.json()), dict(answer.json())


def filled(text: str, args: dict[str, str]) -> str:
    return re.sub(r"\{\{ ?args\.(\w+) ?\}\}", lambda found: args[found[1]], text)


def phase(metric: dict[str, str], result: dict[str, object]) -> str:
    """As utils/evaluate has it."""
    success, failure = (
        bool(result[metric[key].removeprefix("result.")]) if key in metric else None
        for key in ("successCondition", "failureCondition")
    )
    if failure or (failure is None and not success):
        return "Failed"
    return "Successful" if success or success is None else "Inconclusive"


@pytest.fixture
async def argo(watched: World, app: FastAPI) -> AsyncIterator[Argo]:
    assert watched.plane.watched == ("resnet",)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        yield Argo(api)


async def pass_seconds(world: World, seconds: int, *, bad: float = 0.0) -> None:
    for _ in range(seconds):
        await traffic_second(world, canary_bad=bad)


async def test_the_first_question_begins_and_proof_comes_with_traffic(
    watched: World, argo: Argo
) -> None:
    measured, said = await argo.measure("trimtab")
    assert (measured, said["decision"], said["phase"]) == ("Successful", "continue", "Pending")
    assert (await argo.measure("trimtab-proof"))[0] == "Inconclusive"
    await pass_seconds(watched, 60)
    measured, said = await argo.measure("trimtab-proof")
    assert (measured, said["decision"], said["pass"], said["fail"]) == (
        "Successful",
        "promote",
        True,
        False,
    )
    assert 0 < said["score"] < said["limit"] == 100.0
    assert (await argo.measure("trimtab"))[0] == "Successful"
    assert len(watched.plane.rollouts.list()) == 1
    assert watched.router.history == []


async def test_a_bad_version_fails_every_measurement_from_then_on(
    watched: World, argo: Argo
) -> None:
    await argo.measure("trimtab")
    await pass_seconds(watched, 40, bad=0.05)
    for template in ("trimtab", "trimtab-proof", "trimtab"):
        measured, said = await argo.measure(template)
        assert (measured, said["decision"]) == ("Failed", "rollback")
    assert any("error" in reason for reason in said["reasons"])


async def test_a_freeze_holds_a_yes_back_and_no_no(watched: World, argo: Argo) -> None:
    await argo.measure("trimtab")
    await pass_seconds(watched, 60)
    assert (await argo.measure("trimtab-proof"))[1]["decision"] == "promote"
    watched.clock.elapsed += 300
    measured, said = await argo.measure("trimtab-proof")
    assert (measured, said["decision"]) == ("Inconclusive", "continue")
    assert "frozen by weekend" in said["reasons"][0]
    await pass_seconds(watched, 60, bad=0.1)
    assert (await argo.measure("trimtab-proof"))[1]["decision"] == "rollback"


async def test_the_same_version_in_a_newer_release_is_judged_anew(
    watched: World, argo: Argo
) -> None:
    await argo.measure("trimtab", release="7")
    await pass_seconds(watched, 40, bad=0.05)
    assert (await argo.measure("trimtab", release="7"))[0] == "Failed"
    _, said = await argo.measure("trimtab", release="8")
    assert (said["decision"], said["release"]) == ("continue", "8")
    assert (await argo.measure("trimtab", release="7"))[1]["decision"] == "rollback"
    assert len(watched.plane.rollouts.list()) == 2


async def test_without_a_release_only_the_last_version_of_an_hour_is_the_same(
    watched: World, argo: Argo
) -> None:
    _, first = await argo.measure("trimtab", release="")
    await pass_seconds(watched, 40, bad=0.05)
    assert (await argo.measure("trimtab", release=""))[1]["rollout"] == first["rollout"]
    watched.clock.elapsed += 3_700
    _, later = await argo.measure("trimtab", release="")
    assert (later["decision"], later["rollout"] != first["rollout"]) == ("continue", True)
    for version, against in (("1", "2"), ("3", "1")):
        watched.clock.elapsed += 1
        await argo.measure("trimtab", version=version, against=against, release="")
    watched.clock.elapsed += 1
    _, anew = await argo.measure("trimtab", release="")
    assert anew["rollout"] not in (first["rollout"], later["rollout"])


async def test_a_release_that_a_newer_one_replaced_is_nobodys_proof(
    watched: World, argo: Argo
) -> None:
    await argo.measure("trimtab", release="7")
    watched.clock.elapsed += 1
    await argo.measure("trimtab", release="8")
    measured, said = await argo.measure("trimtab-proof", release="7")
    assert (measured, said["decision"], said["phase"]) == (
        "Inconclusive",
        "inconclusive",
        "Superseded",
    )


async def test_a_person_has_the_last_word(watched: World, argo: Argo) -> None:
    _, said = await argo.measure("trimtab")
    await pass_seconds(watched, 3)
    rollout_desk.ask(watched.plane, str(said["rollout"]), "pause", reason="")
    assert (await argo.measure("trimtab-proof"))[0] == "Inconclusive"
    rollout_desk.ask(watched.plane, str(said["rollout"]), "promote", reason="hot fix")
    measured, said = await argo.measure("trimtab-proof")
    assert (measured, said["reasons"]) == ("Successful", ["promote asked for: hot fix"])
    _, other = await argo.measure("trimtab", release="9")
    await pass_seconds(watched, 3)
    rollout_desk.ask(watched.plane, str(other["rollout"]), "abort", reason="")
    assert (await argo.measure("trimtab", release="9"))[0] == "Failed"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param({"service": "nobody"}, "No service 'nobody'", id="a service nobody knows"),
        pytest.param({"service": "bert"}, "has no route", id="a service without a route"),
        pytest.param({"against": ""}, "Nobody says what '2'", id="compared with nothing"),
        pytest.param({"version": ""}, "version", id="no version"),
        pytest.param({"release": "r" * 256}, "release", id="a name without end"),
    ],
)
async def test_what_cannot_be_judged_is_an_error_and_no_verdict(
    watched: World, argo: Argo, args: dict[str, str], told: str
) -> None:
    measured, problem = await argo.measure("trimtab", **args)
    assert measured == "Error"
    assert told in str(problem["detail"])
    assert watched.plane.rollouts.list() == ()


async def test_the_other_version_need_not_be_named_where_there_is_only_one(
    around: Surroundings, app: FastAPI
) -> None:
    async with open_world(around, external=True) as world:
        (target,) = world.plane.book.targets
        arms = [replace(target, name=each, version=each) for each in ("stable", "new")]
        world.plane.book.put("test", arms)
        retarget(world.plane)
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            query = {"service": "resnet", "version": "new"}
            said = (await api.get("/hooks/argo-rollouts", params=query)).json()
    assert said["against"] == "stable"


async def test_what_we_move_is_not_judged_for_somebody_else(
    api: httpx.AsyncClient, world: World
) -> None:
    answer = await api.post("/hooks/argo-rollouts", json=ARGS)
    assert answer.status_code == 409
    assert "Trimtab moves the traffic of resnet" in answer.json()["detail"]
    assert world.plane.rollouts.list() == ()
