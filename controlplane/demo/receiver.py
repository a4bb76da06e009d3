"""A webhook receiver that checks signatures, as an on-call tool would."""

from typing import Any

import orjson
from aiohttp import web
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
        app = web.Application()
        app.router.add_post("/alerts", self._take)
        self._runner = web.AppRunner(app, access_log=None)

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Every body that was accepted, oldest first."""
        return list(self._seen.values())

    def count(self, status: str) -> int:
        """Return how many bodies say ``firing`` or ``resolved``."""
        return sum(body["status"] == status for body in self._seen.values())

    async def start(self) -> str:
        """Listen on a free port and return the address to post to."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        _, port = self._runner.addresses[0][:2]
        return f"http://127.0.0.1:{port}/alerts"

    async def stop(self) -> None:
        """Stop listening, and close what is open."""
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            self._verifier.verify(body.decode(), dict(request.headers))
        except WebhookVerificationError:
            self.refused += 1
            return web.Response(status=401)
        self._seen.setdefault(request.headers["webhook-id"], orjson.loads(body))
        return web.Response(status=204)
