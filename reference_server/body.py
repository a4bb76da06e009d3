"""The body of a request, read up to a limit."""

from collections.abc import Mapping

from starlette.types import Receive

from reference_server.errors import BodyTooLarge, ClientGone

__all__ = ["read_body"]


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """Read a body.

    Args:
        receive: The connection.
        headers: Names in lower case.
        limit: Bytes; one more is refused, before it is kept.

    Raises:
        BodyTooLarge: The declared or the real size is over the limit.
        ClientGone: The connection ended in the middle.
    """
    declared = headers.get(b"content-length", b"")
    size = int(declared) if declared.isdigit() else 0
    parts: list[bytes] = []
    more = True
    while more and size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            msg = "The client left before its request was whole."
            raise ClientGone(msg)
        parts.append(message.get("body", b""))
        size = max(size, sum(map(len, parts)))
        more = message.get("more_body", False)
    if size > limit:
        msg = f"The body is over the limit of {limit} bytes."
        raise BodyTooLarge(msg)
    return parts[0] if len(parts) == 1 else b"".join(parts)
