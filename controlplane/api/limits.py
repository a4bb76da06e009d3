"""How much of a request is read: a body that is larger is refused before it is kept."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controlplane.schemas import Problem

__all__ = ["MAX_BODY_BYTES", "BodyLimit", "refuse"]

MAX_BODY_BYTES = 1 << 20
TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware that reads no more than a megabyte of any body.

    Args:
        app: What answers requests that are small enough.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on once its body is whole, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            detail = f"The body is larger than {MAX_BODY_BYTES >> 20} MiB, or was broken off."
            await refuse(send, TOO_LARGE, "TooLarge", detail)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body; None when it is too large or the client left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def refuse(send: Send, status: int, code: str, detail: str) -> None:
    """Answer with a problem document, and close the connection."""
    problem = Problem(title=code, status=status, detail=detail, code=code)
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = problem.model_dump_json(by_alias=True).encode()
    await send({"type": "http.response.body", "body": body})
