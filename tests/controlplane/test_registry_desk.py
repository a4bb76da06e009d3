"""A model registry asks for rollouts, and is told how they went."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase
from controlplane.diagnosis import diagnose
from controlplane.errors import InvalidConfig
from controlplane.loops.registry import look_at_aliases, tell_registry
from controlplane.registries import mlflow
from controlplane.registries.mlflow import MlflowRegistry
from controlplane.settings import Secret
from controlplane.spec import parse_config
from tests.controlplane.conftest import Serve
from tests.controlplane.loops.test_rollout import run_until_over, traffic_second
from tests.controlplane.registries.mlflow_server import (
    MlflowServer,
    alias_created,
    event,
    signed,
)
from tests.controlplane.small_world import (
    Surroundings,
    World,
    asked,
    open_world,
    small_config,
)

pytestmark = pytest.mark.anyio
SECRET = Secret("a secret of the webhook")
TAG = "trimtab."


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A plane that follows a registry, and the way that registry takes to it."""

    world: World
    registry: MlflowServer
    api: httpx.AsyncClient

    async def deliver(
        self, body: bytes, *, delivery: str | None = None, secret: Secret = SECRET
    ) -> httpx.Response:
        headers = signed(body, secret, self.world.plane.now(), delivery=delivery)
        return await self.api.post("/hooks/mlflow", content=body, headers=headers)

    async def champion(self, version: str = "2", *, delivery: str | None = None) -> dict[str, str]:
        answer = await self.deliver(
            alias_created("ResNet 50", "champion", version), delivery=delivery
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def rollouts(self) -> tuple[Rollout, ...]:
        return self.world.plane.rollouts.list()

    def tags(self, version: str = "2") -> dict[str, str]:
        return self.registry.tags["ResNet 50", version]


def following(folder: Path, address: str, more: str = "") -> str:
    (folder / "webhook.key").write_text(SECRET.reveal() + "\n")
    (folder / "login.key").write_text("a token")
    return f"""
registry:
  mlflow:
    url: "{address}"
    secret: "file:{folder}/webhook.key"
    auth: {{bearer: "file:{folder}/login.key"}}
    models: [{{model: ResNet 50, alias: champion, service: resnet{more}}}]
"""


@pytest.fixture
async def registry() -> MlflowServer:
    return MlflowServer()


@pytest.fixture
async def followed(
    around: Surroundings, serve: Serve, app: FastAPI, registry: MlflowServer
) -> AsyncIterator[Followed]:
    more = following(around.folder, await serve(registry.handle))
    async with open_world(around, more=more) as world:
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            yield Followed(world=world, registry=registry, api=api)


async def test_an_alias_that_moves_starts_one_rollout_however_often_it_is_delivered(
    followed: Followed,
) -> None:
    first = await followed.champion(delivery="d-1")
    again = await followed.champion(delivery="d-1")
    other = await followed.champion(delivery="d-2")
    (rollout,) = followed.rollouts()
    assert first == {"rollout": rollout.id, "reason": "ResNet 50@champion is version 2"}
    assert again["rollout"] == other["rollout"] == rollout.id
    assert (rollout.spec.service, rollout.spec.version) == ("resnet", "2")
    assert [entry.verb for entry in followed.world.plane.trail.audit()] == ["rollout.start"]


async def test_a_delivery_is_the_same_when_it_comes_again_after_the_end(followed: Followed) -> None:
    begun = await followed.champion(delivery="d-1")
    await run_until_over(followed.world, followed.rollouts()[0], canary_bad=0.2)
    assert (await followed.champion(delivery="d-1"))["rollout"] == begun["rollout"]
    assert len(followed.rollouts()) == 1
    anew = await followed.champion(delivery="d-2")
    assert anew["rollout"] != begun["rollout"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (event("model_version", "created", name="ResNet 50", version="3"), "asks for no rollout"),
        (event("model_version_alias", "deleted", name="m", alias="a"), "asks for no rollout"),
        (event("prompt", "created", name="p"), "prompt.created asks for no rollout"),
        (alias_created("ResNet 50", "staging", "3"), "no service follows ResNet 50@staging"),
        (alias_created("example_model", "example_alias", "1"), "no service follows example_model"),
        (alias_created("ResNet 50", "champion", "1"), "already serves all traffic"),
    ],
    ids=[
        "a version",
        "an alias that went",
        "a prompt",
        "another alias",
        "MLflow's test",
        "no news",
    ],
)
async def test_all_else_is_heard_and_starts_nothing(
    followed: Followed, body: bytes, reason: str
) -> None:
    await followed.world.moves()
    answer = await followed.deliver(body)
    assert answer.status_code == 200
    assert answer.json()["rollout"] is None
    assert reason in answer.json()["reason"]
    assert followed.rollouts() == ()


async def test_whoever_does_not_know_the_secret_starts_nothing(followed: Followed) -> None:
    body = alias_created("ResNet 50", "champion", "2")
    forged = await followed.deliver(body, secret=Secret("guessed"))
    assert (forged.status_code, forged.json()["code"]) == (401, "NotTrusted")
    garbage = await followed.deliver(b"{")
    assert (garbage.status_code, garbage.json()["code"]) == (422, "InvalidConfig")
    assert followed.rollouts() == ()


async def test_where_no_registry_is_followed_the_hook_says_so(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.post("/hooks/mlflow", content=b"{}")
    assert (answer.status_code, answer.json()["hint"]) == (
        404,
        "add registry.mlflow to trimtab.yaml",
    )


async def test_what_came_of_it_is_written_to_the_version_step_by_step(followed: Followed) -> None:
    begun = await followed.champion()
    rollout = followed.rollouts()[0]
    for _ in range(120):
        await traffic_second(followed.world)
        await tell_registry(followed.world.plane)
        if not followed.world.plane.rollouts.get(rollout.id).active:
            break
    phases = [value for key, value in followed.registry.writes if key == f"{TAG}phase"]
    assert phases == ["Pending", "Progressing", "Progressing", "Promoting", "Succeeded"]
    weights = [value for key, value in followed.registry.writes if key == f"{TAG}weight"]
    assert weights == ["none", "5", "50", "none"]
    assert followed.tags() == {
        f"{TAG}rollout": begun["rollout"],
        f"{TAG}service": "resnet",
        f"{TAG}weight": "none",
        f"{TAG}verdict": "promote",
        f"{TAG}reason": followed.world.plane.rollouts.get(rollout.id).progress.reason,
        f"{TAG}outcome": "promoted",
        f"{TAG}phase": "Succeeded",
    }
    assert followed.registry.authorization == {"Bearer a token"}
    written = len(followed.registry.writes)
    followed.world.clock.elapsed += 3_600
    await tell_registry(followed.world.plane)
    assert len(followed.registry.writes) == written
    (shown,) = (await followed.api.get("/v1/registry")).json()["items"]
    assert (shown["state"], shown["attempts"], shown["detail"]) == ("settled", 0, "tags are set")


async def test_a_plane_that_was_killed_tells_what_it_had_not_told(
    around: Surroundings, serve: Serve, app: FastAPI, registry: MlflowServer
) -> None:
    more = following(around.folder, await serve(registry.handle))
    async with open_world(around, more=more) as world:
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            followed = Followed(world=world, registry=registry, api=api)
            begun = await followed.champion()
            ended = await run_until_over(world, followed.rollouts()[0], canary_bad=0.2)
    assert (ended.progress.phase, registry.writes) == (Phase.ROLLED_BACK, [])
    async with open_world(around, more=more) as world:
        await tell_registry(world.plane)
    tags = registry.tags["ResNet 50", "2"]
    assert (tags[f"{TAG}rollout"], tags[f"{TAG}outcome"]) == (begun["rollout"], "rolled_back")


async def test_a_registry_that_is_away_is_told_when_it_is_back(followed: Followed) -> None:
    await followed.champion()
    followed.registry.status = 503
    await tell_registry(followed.world.plane)
    await tell_registry(followed.world.plane)
    (entry,) = followed.world.plane.registry_entries.list()
    assert (entry.state, entry.attempts, entry.detail) == ("pending", 1, "HTTP 503")
    followed.registry.status = 200
    followed.world.clock.elapsed += 1.0
    await tell_registry(followed.world.plane)
    assert followed.tags()[f"{TAG}phase"] == "Pending"


async def test_a_registry_that_does_not_answer_is_given_up_for_now(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow, "DEADLINE_SECONDS", 0.05)
    followed.registry.seconds = 5.0
    await followed.champion()
    async with asyncio.timeout(2.0):
        await tell_registry(followed.world.plane)
        await look_at_aliases(followed.world.plane)
    (entry,) = followed.world.plane.registry_entries.list()
    assert (entry.state, entry.attempts, entry.detail) == ("pending", 1, "TimeoutError")


async def test_a_version_that_the_registry_forgot_is_told_nothing_more(followed: Followed) -> None:
    await followed.champion()
    followed.registry.forgotten = True
    await tell_registry(followed.world.plane)
    (entry,) = followed.world.plane.registry_entries.list()
    assert (entry.state, entry.detail) == ("dead", "HTTP 404 RESOURCE_DOES_NOT_EXIST")


async def test_a_newer_alias_takes_the_place_of_an_older_one(followed: Followed) -> None:
    followed.world.server.versions["3"] = 200
    await followed.champion("2")
    newer = await followed.champion("3")
    assert newer["rollout"] is not None
    old = next(r for r in followed.rollouts() if r.spec.version == "2")
    assert old.progress.phase is Phase.SUPERSEDED
    await tell_registry(followed.world.plane)
    assert followed.tags("2")[f"{TAG}outcome"] == "superseded"
    assert followed.tags("3")[f"{TAG}phase"] == "Pending"


async def test_where_it_is_asked_to_queue_a_newer_alias_waits(
    around: Surroundings, serve: Serve, app: FastAPI, registry: MlflowServer
) -> None:
    more = following(around.folder, await serve(registry.handle), ", on_conflict: queue")
    async with open_world(around, more=more) as world:
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            followed = Followed(world=world, registry=registry, api=api)
            await followed.champion("2")
            await followed.champion("3")
            newest, oldest = followed.rollouts()
            assert {newest.progress.queued, oldest.progress.queued} == {True, False}


async def test_another_try_is_told_in_place_of_the_first(followed: Followed) -> None:
    await followed.champion()
    first = await run_until_over(followed.world, followed.rollouts()[0], canary_bad=0.2)
    answer = await followed.api.post(f"/v1/rollouts/{first.id}:retry")
    await tell_registry(followed.world.plane)
    assert followed.tags()[f"{TAG}rollout"] == answer.json()["id"]
    states = [entry.state for entry in followed.world.plane.registry_entries.list()]
    assert sorted(states) == ["pending", "settled"]


async def test_a_lost_delivery_is_made_up_for_by_a_look_but_what_always_stood_there_is_not(
    followed: Followed,
) -> None:
    plane, at = followed.world.plane, ("ResNet 50", "champion")
    await look_at_aliases(plane)
    assert followed.rollouts() == ()
    for version in ("7", "7", "2", "2"):
        followed.registry.aliases[at] = version
        await look_at_aliases(plane)
    (rollout,) = followed.rollouts()
    assert rollout.spec.version == "2"
    assert (await followed.champion("2"))["rollout"] == rollout.id
    await run_until_over(followed.world, rollout, canary_bad=0.2)
    await look_at_aliases(plane)
    assert len(followed.rollouts()) == 1


async def test_a_move_that_cannot_be_followed_is_told_once(followed: Followed) -> None:
    await followed.world.moves()
    await followed.champion("1")
    followed.registry.aliases["ResNet 50", "champion"] = "1"
    await look_at_aliases(followed.world.plane)
    (told,) = followed.world.plane.trail.events(subject="service/resnet")
    assert told.kind == "registry.refused"
    assert "already serves" in told.text


async def test_rollouts_that_nobody_followed_are_told_to_nobody(followed: Followed) -> None:
    answer = await followed.api.post("/v1/rollouts", json=asked().model_dump(mode="json"))
    assert answer.status_code == 202
    await tell_registry(followed.world.plane)
    assert followed.registry.writes == []


@pytest.mark.parametrize(
    ("models", "told"),
    [
        pytest.param("[{model: a, alias: b, service: nobody}]", "not ours to move", id="nobody"),
        pytest.param("[{model: a, alias: b, service: bert}]", "not ours to move", id="no route"),
        pytest.param("[]", "at least 1 item", id="no model"),
        pytest.param(
            "[{model: a, alias: b, service: c}, {model: a, alias: b, service: d}]",
            "followed twice",
            id="twice",
        ),
    ],
)
def test_a_registry_that_cannot_be_followed_is_refused(models: str, told: str) -> None:
    text = f"""
services: {{bert: {{}}}}
registry: {{mlflow: {{url: "http://127.0.0.1:1", secret: "env:X", models: {models}}}}}
"""
    with pytest.raises(InvalidConfig, match=told):
        parse_config(text, origin="trimtab.yaml")


async def test_a_secret_that_is_not_there_is_told_at_the_start() -> None:
    text = """
services: {a: {route: {router: x, name: a, url: "http://127.0.0.1:1"}}}
registry:
  mlflow:
    {url: "http://127.0.0.1:1", secret: "file:/nowhere", models: [{model: a, alias: b, service: a}]}
"""
    config = parse_config(text, origin="trimtab.yaml")
    assert config.registry is not None
    with pytest.raises(InvalidConfig, match="secret file:/nowhere cannot be read"):
        MlflowRegistry(config.registry.mlflow)


async def test_the_doctor_asks_where_the_aliases_stand(
    around: Surroundings, serve: Serve, registry: MlflowServer
) -> None:
    async def told() -> list[tuple[str, str]]:
        found = await diagnose(config, beside=around.folder)
        return [(str(each.level), each.fact) for each in found if "ResNet" in each.subject]

    more = following(around.folder, await serve(registry.handle))
    config = small_config(around.folder, around.address, more)
    assert await told() == [("warn", "no such model or alias")]
    registry.aliases["ResNet 50", "champion"] = "7"
    assert await told() == [("ok", "is version 7")]
    registry.status = 403
    ((level, fact),) = await told()
    assert (level, "answered 403 about ResNet 50@champion" in fact) == ("fail", True)
