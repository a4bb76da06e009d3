"""The body of a request."""

from collections.abc import Iterable
from typing import Any

import pytest

from reference_server.body import read_body
from reference_server.errors import BodyTooLarge, ClientGone

pytestmark = pytest.mark.anyio


class Connection:
    """Hands out parts of a body, and counts how many were taken."""

    def __init__(self, parts: Iterable[bytes], *, cut: bool = False) -> None:
        self.parts = list(parts)
        self.cut = cut
        self.taken = 0

    async def receive(self) -> dict[str, Any]:
        self.taken += 1
        if not self.parts:
            return {"type": "http.disconnect"}
        part = self.parts.pop(0)
        more = bool(self.parts) or self.cut
        return {"type": "http.request", "body": part, "more_body": more}


@pytest.mark.parametrize("parts", [[b"abcd"], [b"ab", b"", b"cd"]], ids=["whole", "in parts"])
async def test_a_body_up_to_the_limit_is_read(parts: list[bytes]) -> None:
    assert await read_body(Connection(parts).receive, {}, 4) == b"abcd"


async def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    connection = Connection([b"a"])
    with pytest.raises(BodyTooLarge, match="4 bytes"):
        await read_body(connection.receive, {b"content-length": b"5"}, 4)
    assert connection.taken == 0


async def test_a_body_that_grows_too_large_is_read_no_further() -> None:
    connection = Connection([b"abc", b"def", b"ghi"])
    with pytest.raises(BodyTooLarge):
        await read_body(connection.receive, {b"content-length": b"no number"}, 4)
    assert connection.taken == 2


async def test_a_client_that_leaves_is_noticed() -> None:
    with pytest.raises(ClientGone):
        await read_body(Connection([b"a"], cut=True).receive, {}, 4)
