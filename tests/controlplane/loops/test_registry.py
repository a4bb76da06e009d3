"""A model registry is told how its rollouts went, and asked for what no delivery told us."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from controlplane.decide.rollout_state import Phase
from controlplane.loops.registry import look_at_aliases, tell_registry
from controlplane.registries import mlflow
from tests.controlplane.conftest import Serve
from tests.controlplane.following import TAG, Followed, followed, following, registry
from tests.controlplane.loops.test_rollout import run_until_over, traffic_second
from tests.controlplane.registries.mlflow_server import (
    MlflowServer,
)
from tests.controlplane.small_world import (
    Surroundings,
    asked,
    open_world,
)

pytestmark = pytest.mark.anyio


__all__ = ["followed", "registry"]


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


async def test_another_try_is_told_in_place_of_the_first(followed: Followed) -> None:
    await followed.champion()
    first = await run_until_over(followed.world, followed.rollouts()[0], canary_bad=0.2)
    answer = await followed.api.post(f"/v1/rollouts/{first.id}:retry")
    await tell_registry(followed.world.plane)
    assert followed.tags()[f"{TAG}rollout"] == answer.json()["id"]
    states = [entry.state for entry in followed.world.plane.registry_entries.list()]
    assert sorted(states) == ["pending", "settled"]


async def test_rollouts_that_nobody_followed_are_told_to_nobody(followed: Followed) -> None:
    answer = await followed.api.post("/v1/rollouts", json=asked().model_dump(mode="json"))
    assert answer.status_code == 202
    await tell_registry(followed.world.plane)
    assert followed.registry.writes == []
