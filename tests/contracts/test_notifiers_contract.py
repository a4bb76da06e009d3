"""What every notifier promises, whatever system it speaks to: one body, run over all installed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from controlplane.decide.delivery import Answer, Result
from controlplane.notifiers import Notifier
from controlplane.settings import Secret
from controlplane.store.outbox import Message
from probes.plugins import installed

pytestmark = pytest.mark.anyio

KEY = "whsec_c2VjcmV0LXRoYXQtbm9ib2R5LXNlZXM="
MESSAGE = Message(
    message_id="msg_1",
    receiver="oncall",
    position=0,
    alert_key="availability/page",
    episode=1,
    intent="trigger",
    payload={
        "labels": {"alertname": "SLOBurn", "slo": "availability", "severity": "page"},
        "annotations": {"summary": "it burns, 100 %s {} \n\u00e9"},
        "starts_at": 0.0,
        "ends_at": None,
        "url": "http://127.0.0.1:9470/v1/slos/availability",
    },
)
ANSWERS = {
    "a yes": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "a no": b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n",
    "not now": b"HTTP/1.1 503 Away\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
    "no HTTP": b"\x00\xff\x00\xff\r\n\r\n",
    "nothing": b"",
}


@pytest.fixture(params=sorted(ANSWERS))
async def address(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A receiver that always answers the same."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(ANSWERS[request.param])
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.fixture(params=sorted(installed("trimtab.notifiers")))
async def notifier(request: pytest.FixtureRequest, address: str) -> AsyncIterator[Notifier]:
    kind = installed("trimtab.notifiers")[request.param]
    made = kind(url=address, secret=Secret(KEY))
    yield made
    await made.close()


async def test_one_try_has_one_answer_and_raises_nothing(notifier: Notifier) -> None:
    for message in (MESSAGE, replace(MESSAGE, intent="resolve")):
        answer = await notifier.send(message, now=0.0)
        assert isinstance(answer, Answer)
        assert answer.result in Result
        assert answer.detail


async def test_an_answer_never_tells_the_secret_or_where_it_went(
    notifier: Notifier, address: str
) -> None:
    answer = await notifier.send(MESSAGE, now=0.0)
    assert KEY not in repr(answer)
    assert address not in repr(answer)


async def test_a_repeat_is_answered_like_the_first_try(notifier: Notifier) -> None:
    assert await notifier.send(MESSAGE, now=0.0) == await notifier.send(MESSAGE, now=0.0)


async def test_a_message_is_not_changed_by_sending_it(notifier: Notifier) -> None:
    before = repr(MESSAGE)
    await notifier.send(MESSAGE, now=0.0)
    assert repr(MESSAGE) == before
