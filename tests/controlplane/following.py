"""A plane that follows a model registry, and the way that registry takes to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from controlplane.decide.rollout import Rollout
from controlplane.settings import Secret
from tests.controlplane.conftest import Serve
from tests.controlplane.registries.mlflow_server import (
    MlflowServer,
    alias_created,
    signed,
)
from tests.controlplane.small_world import (
    Surroundings,
    World,
    open_world,
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
