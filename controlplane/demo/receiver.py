"""A webhook receiver that checks signatures, as an on-call tool would."""

import asyncio
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

__all__ = ["Receiver"]


class Receiver:
    """Takes Alertmanager bodies; a repeat of one ``webhook-id`` counts once.

    Args:
        secret: Base64 key that signatures are checked with.
    """

    def __init__(self, secret: str) -> None:
        self._verifier = Webhook(secret)
        self._seen: dict[str, dict[str, Any]] = {}
        self.refused = 0
        app = FastAPI(openapi_url=None)
        app.add_api_route("/alerts", self._take, methods=["POST"])
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Every body that was accepted, oldest first."""
        return list(self._seen.values())

    def count(self, status: str) -> int:
        """Return how many bodies say ``firing`` or ``resolved``."""
        return sum(body["status"] == status for body in self._seen.values())

    async def start(self) -> str:
        """Listen on a free port and return the address to post to."""
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/alerts"

    async def stop(self) -> None:
        """Stop listening."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        try:
            self._verifier.verify(body.decode(), dict(request.headers))
        except WebhookVerificationError:
            self.refused += 1
            return Response(status_code=401)
        self._seen.setdefault(request.headers["webhook-id"], orjson.loads(body))
        return Response(status_code=204)
