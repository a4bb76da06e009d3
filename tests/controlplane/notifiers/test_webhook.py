import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from controlplane.decide.delivery import Result
from controlplane.errors import InvalidConfig
from controlplane.notifiers import webhook as module
from controlplane.notifiers.webhook import WebhookNotifier, alertmanager_body
from controlplane.settings import Secret
from controlplane.store.outbox import Message
from probes.clock import SystemClock

pytestmark = pytest.mark.anyio

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TRIGGER = Message(
    message_id="msg_availability-page_1_trigger_0",
    receiver="oncall",
    position=0,
    alert_key="availability/page",
    episode=1,
    intent="trigger",
    payload={
        "labels": {"alertname": "SLOBurn", "slo": "availability", "severity": "page"},
        "annotations": {"summary": "it burns"},
        "starts_at": 1_767_225_600.0,
        "ends_at": None,
        "url": "http://127.0.0.1:9470/v1/slos/availability",
    },
)
RESOLVE = replace(TRIGGER, intent="resolve", payload=TRIGGER.payload | {"ends_at": 1_767_225_660.5})
Make = Callable[..., WebhookNotifier]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[WebhookNotifier] = []

    def notifier(url: str, secret: str | None = None) -> WebhookNotifier:
        made.append(WebhookNotifier(url=url, secret=None if secret is None else Secret(secret)))
        return made[-1]

    yield notifier
    for one in made:
        await one.close()


@pytest.mark.parametrize(
    ("status", "result"),
    [
        pytest.param(200, Result.DELIVERED, id="OK is an acknowledgement"),
        pytest.param(202, Result.DELIVERED, id="accepted is one too"),
        pytest.param(204, Result.DELIVERED, id="so is nothing to say"),
        pytest.param(302, Result.RETRY, id="a redirect is not followed"),
        pytest.param(400, Result.REJECTED, id="a bad request stays bad"),
        pytest.param(401, Result.RETRY, id="a key may be on its way"),
        pytest.param(404, Result.RETRY, id="nobody is there yet"),
        pytest.param(408, Result.RETRY, id="the receiver was slow"),
        pytest.param(429, Result.RETRY, id="too many"),
        pytest.param(500, Result.RETRY, id="the receiver is broken"),
        pytest.param(503, Result.RETRY, id="the receiver is away"),
    ],
)
async def test_the_status_decides_what_becomes_of_a_message(
    serve, make: Make, status: int, result: Result
) -> None:
    async def receive(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"location": "http://127.0.0.1:1/"})

    answer = await make(await serve(receive)).send(TRIGGER, now=0.0)
    assert (answer.result, answer.detail) == (result, f"HTTP {status}")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-5", None),
        ("1e9", None),
        ("\u00b2", None),
    ],
)
async def test_retry_after_is_read_in_seconds_only(
    serve, make: Make, header: str, seconds: float | None
) -> None:
    async def receive(_request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"retry-after": header})

    answer = await make(await serve(receive)).send(TRIGGER, now=0.0)
    assert answer.retry_after_seconds == seconds


async def test_what_is_sent_is_signed_and_says_the_same_id_on_every_try(serve, make: Make) -> None:
    seen: list[tuple[bytes, dict[str, str]]] = []

    async def receive(request: web.Request) -> web.Response:
        seen.append((await request.read(), dict(request.headers)))
        return web.Response(status=503)

    notifier, now = make(await serve(receive), KEY), SystemClock().now().timestamp()
    await notifier.send(TRIGGER, now=now)
    await notifier.send(TRIGGER, now=now)
    for body, headers in seen:
        assert Webhook(KEY).verify(body, headers) == alertmanager_body(TRIGGER)
    assert len({headers["webhook-id"] for _, headers in seen}) == 1


async def test_a_changed_body_does_not_fit_the_signature(serve, make: Make) -> None:
    seen: list[tuple[bytes, dict[str, str]]] = []

    async def receive(request: web.Request) -> web.Response:
        seen.append((await request.read(), dict(request.headers)))
        return web.Response()

    await make(await serve(receive), KEY).send(TRIGGER, now=SystemClock().now().timestamp())
    body, headers = seen[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(body.replace(b"firing", b"resolved"), headers)


async def test_without_a_secret_nothing_is_signed(serve, make: Make) -> None:
    names: set[str] = set()

    async def receive(request: web.Request) -> web.Response:
        names.update(name.lower() for name in request.headers)
        return web.Response()

    await make(await serve(receive)).send(TRIGGER, now=0.0)
    assert not {name for name in names if name.startswith("webhook-")}


async def test_nobody_listening_is_tried_again(make: Make) -> None:
    answer = await make("http://127.0.0.1:1/").send(TRIGGER, now=0.0)
    assert (answer.result, answer.detail) == (Result.RETRY, "ConnectError")


async def test_a_host_that_no_resolver_takes_is_tried_again(make: Make) -> None:
    answer = await make(f"http://{'a' * 300}/").send(TRIGGER, now=0.0)
    assert answer.result is Result.RETRY


async def test_what_does_not_speak_http_is_tried_again(make: Make) -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        answer = await make(f"http://127.0.0.1:{port}/").send(TRIGGER, now=0.0)
    assert answer.result is Result.RETRY


async def test_a_receiver_that_never_answers_is_left(
    serve, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE_SECONDS", 0.2)

    async def sleep(_request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    answer = await make(await serve(sleep)).send(TRIGGER, now=0.0)
    assert answer.result is Result.RETRY
    assert "Timeout" in answer.detail


async def test_an_answer_without_end_is_not_read(serve, make: Make) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1_000_000):
            await response.write(b"x" * 65_536)
        return response

    answer = await make(await serve(flood)).send(TRIGGER, now=0.0)
    assert answer.result is Result.DELIVERED


@pytest.mark.parametrize(
    ("message", "status", "ends"),
    [
        pytest.param(TRIGGER, "firing", "0001-01-01T00:00:00Z", id="a trigger"),
        pytest.param(RESOLVE, "resolved", "2026-01-01T00:01:00.500000Z", id="a resolve"),
    ],
)
def test_the_body_is_that_of_alertmanager(message: Message, status: str, ends: str) -> None:
    body = orjson.loads(orjson.dumps(alertmanager_body(message)))
    assert set(body) == {
        "version",
        "groupKey",
        "truncatedAlerts",
        "status",
        "receiver",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "externalURL",
        "alerts",
    }
    (alert,) = body["alerts"]
    assert (body["version"], body["status"], alert["status"]) == ("4", status, status)
    assert (alert["startsAt"], alert["endsAt"]) == ("2026-01-01T00:00:00Z", ends)
    assert datetime.fromisoformat(alert["startsAt"]) == datetime(2026, 1, 1, tzinfo=UTC)
    assert alert["labels"] == message.payload["labels"]
    assert alert["fingerprint"] == "availability/page/1"


@pytest.mark.parametrize(
    ("url", "secret", "told"),
    [
        pytest.param(None, None, "needs a url", id="no address"),
        pytest.param("http://[::1", None, "no address", id="half an address"),
        pytest.param("http://x:123456/", None, "no address", id="a port that cannot be"),
        pytest.param("http://x/", "whsec_a", "must be base64", id="a key that is no base64"),
        pytest.param("http://x/", "", "must be base64", id="an empty key"),
    ],
)
def test_a_receiver_that_cannot_work_is_refused_at_the_start(
    url: str | None, secret: str | None, told: str
) -> None:
    with pytest.raises(InvalidConfig, match=told):
        WebhookNotifier(url=url, secret=None if secret is None else Secret(secret))
