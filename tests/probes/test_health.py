"""Is a version ready?"""

import pytest

from probes.health import check_ready

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "ok"),
    [("200 OK", True), ("503 Busy", False), ("404 Gone", False), ("302 Found", False)],
)
async def test_only_200_is_ready(session, serve, http, status, ok):
    async with serve(http(b"", status=status, location="http://127.0.0.1:1/")) as url:
        found = await check_ready(session, url, deadline=5.0)
    assert found.ok is ok
    assert found.reason == f"HTTP {status[:3]}"
    assert found.seconds > 0.0


async def test_silence_says_nothing(session, serve, http):
    async with serve(http(b""), pause=5.0) as url:
        found = await check_ready(session, url, deadline=0.05)
    assert (found.ok, found.reason) == (None, "no answer within 0.05 s")


async def test_a_closed_port_is_not_ready(session, serve):
    async with serve() as url:
        pass
    found = await check_ready(session, url, deadline=5.0)
    assert found.ok is False
    assert found.reason.startswith("no connection: ")
