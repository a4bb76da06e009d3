"""A small registry that speaks as MLflow does, and deliveries as its webhooks make them.

The contract is MLflow's own: ``mlflow/server/handlers.py`` and ``mlflow/webhooks/delivery.py`` of
MLflow 3. tests/systems/test_mlflow.py holds the real server against the same code.
"""

import asyncio
import hmac
import json
from base64 import b64encode
from collections import defaultdict
from hashlib import sha256
from itertools import count

from aiohttp import web

from controlplane.settings import Secret

__all__ = ["MlflowServer", "alias_created", "event", "signed"]

_NUMBERS = count(1)
OK = 200


class MlflowServer:
    """Keeps tags of model versions; can be told to be slow, away, or to forget a version."""

    def __init__(self) -> None:
        self.tags: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self.writes: list[tuple[str, str]] = []
        self.aliases: dict[tuple[str, str], str] = {}
        self.status = OK
        self.forgotten = False
        self.seconds = 0.0
        self.authorization: set[str | None] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call of the REST API, packed where the caller lets us, as proxies do."""
        answer = await self._answer(request)
        answer.enable_compression()
        return answer

    async def _answer(self, request: web.Request) -> web.Response:
        self.authorization.add(request.headers.get("authorization"))
        await asyncio.sleep(self.seconds)
        if self.status != OK:
            return web.Response(status=self.status, text="<html>away</html>")
        if self.forgotten:
            told = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such version"}
            return web.json_response(told, status=404)
        if request.path == "/api/2.0/mlflow/model-versions/set-tag":
            said = await request.json()
            self.tags[said["name"], said["version"]][said["key"]] = said["value"]
            self.writes.append((said["key"], said["value"]))
            return web.json_response({})
        assert request.path == "/api/2.0/mlflow/registered-models/alias"
        version = self.aliases.get((request.query["name"], request.query["alias"]))
        if version is None:
            told = {"error_code": "INVALID_PARAMETER_VALUE", "message": "alias not found"}
            return web.json_response(told, status=400)
        return web.json_response({"model_version": {"name": "m", "version": version}})


def event(entity: str, action: str, **data: object) -> bytes:
    """Return the body of an event."""
    said = {"entity": entity, "action": action, "timestamp": "2026-01-01T00:00:00+00:00"}
    return json.dumps(said | {"data": data}).encode()


def alias_created(model: str, alias: str, version: str) -> bytes:
    """Return the body of the event that an alias was set."""
    return event("model_version_alias", "created", name=model, alias=alias, version=version)


def signed(
    body: bytes, secret: Secret, now: float, *, delivery: str | None = None
) -> dict[str, str]:
    """Return the headers of a delivery."""
    delivery_id, moment = delivery or f"delivery-{next(_NUMBERS)}", str(int(now))
    content = f"{delivery_id}.{moment}.".encode() + body
    digest = hmac.new(secret.reveal().encode(), content, sha256).digest()
    return {
        "content-type": "application/json",
        "x-mlflow-delivery-id": delivery_id,
        "x-mlflow-timestamp": moment,
        "x-mlflow-signature": f"v1,{b64encode(digest).decode()}",
    }
