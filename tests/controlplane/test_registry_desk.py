"""A model registry asks for rollouts, and is told how they went."""

import httpx
import pytest
from fastapi import FastAPI

from controlplane.decide.rollout_state import Phase
from controlplane.diagnosis import diagnose
from controlplane.errors import InvalidConfig
from controlplane.loops.registry import look_at_aliases, tell_registry
from controlplane.registries.mlflow import MlflowRegistry
from controlplane.settings import Secret
from controlplane.spec import parse_config
from tests.controlplane.conftest import Serve
from tests.controlplane.following import TAG, Followed, followed, following, registry
from tests.controlplane.loops.test_rollout import run_until_over
from tests.controlplane.registries.mlflow_server import (
    MlflowServer,
    alias_created,
    event,
)
from tests.controlplane.small_world import (
    Surroundings,
    open_world,
    small_config,
)

__all__ = ["followed", "registry"]

pytestmark = pytest.mark.anyio


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
