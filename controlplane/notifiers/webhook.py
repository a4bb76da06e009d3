"""A webhook with the Alertmanager version 4 body, signed as Standard Webhooks has it.

Sources: Alertmanager, webhook receiver; Standard Webhooks specification, headers ``webhook-id``,
``webhook-timestamp`` and ``webhook-signature`` over ``id.timestamp.body``.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from controlplane.decide.delivery import Answer, Result
from controlplane.errors import InvalidConfig
from controlplane.settings import Secret
from controlplane.store.outbox import Message

__all__ = ["WebhookNotifier", "alertmanager_body"]

DEADLINE_SECONDS = 15.0
FINAL = frozenset({400, 405, 410, 411, 413, 415, 422})
"""What the same message will be told again. All else may pass: a rotated secret, a deployment."""
LAST_PORT = 65_535


class WebhookNotifier:
    """Posts to one address. Satisfies Notifier.

    Only 2xx is an acknowledgement; a redirect is not followed. An answer that says that the message
    itself is wrong is final; after any other it is tried again, with Retry-After obeyed.
    """

    def __init__(
        self,
        *,
        url: str | None,
        secret: Secret | None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if url is None:
            msg = "A webhook receiver needs a url."
            raise InvalidConfig(
                msg, hint="write {kind: webhook, url: https://..., secret: env:NAME}"
            )
        self._url = _address(url)
        self._signer = None if secret is None else _signer(secret)
        self._http = httpx.AsyncClient(
            transport=transport, timeout=DEADLINE_SECONDS, follow_redirects=False, trust_env=False
        )

    async def send(self, message: Message, *, now: float) -> Answer:
        """Post once."""
        body = orjson.dumps(alertmanager_body(message))
        headers = {"content-type": "application/json"}
        if self._signer is not None:
            headers |= _signature(self._signer, message.message_id, body, now)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await self._post(body, headers)
        except (httpx.HTTPError, OSError, ValueError) as error:  # a host no resolver takes, too
            return Answer(result=Result.RETRY, detail=type(error).__name__)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        # The answer's body is never read: it is the receiver's, and may be of any size.
        async with self._http.stream("POST", self._url, content=body, headers=headers) as response:
            detail = f"HTTP {response.status_code}"
            if response.is_success:
                return Answer(result=Result.DELIVERED, detail=detail)
            code = response.status_code
            if code in FINAL:
                return Answer(result=Result.REJECTED, detail=detail)
            wait = _retry_after(response.headers.get("retry-after"))
            return Answer(result=Result.RETRY, detail=detail, retry_after_seconds=wait)


def alertmanager_body(message: Message) -> dict[str, Any]:
    """Return the body for one message: one group of one alert."""
    payload = message.payload
    status = "resolved" if message.intent == "resolve" else "firing"
    alert = {
        "status": status,
        "labels": payload["labels"],
        "annotations": payload["annotations"],
        "startsAt": _rfc3339(payload["starts_at"]),
        "endsAt": _rfc3339(payload["ends_at"]),
        "generatorURL": payload["url"],
        "fingerprint": f"{message.alert_key}/{message.episode}",
    }
    return {
        "version": "4",
        "groupKey": message.alert_key,
        "truncatedAlerts": 0,
        "status": status,
        "receiver": message.receiver,
        "groupLabels": {"slo": payload["labels"]["slo"]},
        "commonLabels": payload["labels"],
        "commonAnnotations": payload["annotations"],
        "externalURL": payload["url"],
        "alerts": [alert],
    }


def _address(url: str) -> httpx.URL:
    hint = "write for example https://hooks.example/trimtab"
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        msg = f"A webhook's url is no address: {error}."
        raise InvalidConfig(msg, hint=hint) from error
    if address.port is not None and not 0 < address.port <= LAST_PORT:
        msg = f"A webhook's url is no address: there is no port {address.port}."
        raise InvalidConfig(msg, hint=hint)
    return address


def _signer(secret: Secret) -> Webhook:
    try:
        return Webhook(secret.reveal())
    except (EmptyWebhookSecretError, RuntimeError, ValueError) as error:
        msg = "A webhook's secret must be base64, with or without the prefix whsec_."
        raise InvalidConfig(msg) from error


def _signature(signer: Webhook, message_id: str, body: bytes, now: float) -> dict[str, str]:
    moment = datetime.fromtimestamp(int(now), UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": signer.sign(message_id, moment, body.decode()),
    }


def _rfc3339(moment: float | None) -> str:
    """Return the time as text; Alertmanager writes the year 1 for "not yet"."""
    if moment is None:
        return "0001-01-01T00:00:00Z"
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def _retry_after(header: str | None) -> float | None:
    """Read Retry-After in seconds; its date form is rare and left to the schedule."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None
