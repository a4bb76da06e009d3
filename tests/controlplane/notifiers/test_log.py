import logging

import pytest

from controlplane.decide.delivery import Result
from controlplane.notifiers.log import LogNotifier
from controlplane.store.outbox import Message

pytestmark = pytest.mark.anyio


async def test_a_message_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    message = Message(
        message_id="msg_1",
        receiver="log",
        position=0,
        alert_key="availability/page",
        episode=1,
        intent="trigger",
        payload={
            "labels": {"slo": "availability", "severity": "page"},
            "annotations": {"summary": "it burns"},
        },
    )
    with caplog.at_level(logging.WARNING, logger="trimtab.alerts"):
        answer = await LogNotifier(url=None, secret=None).send(message, now=0.0)
    assert answer.result is Result.DELIVERED
    assert caplog.messages == ["trigger page availability: it burns"]
