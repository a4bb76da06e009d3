"""No web page may speak to the API through somebody's browser while it asks for no token.

A name that was rebound to this machine shows in ``Host``, a page of another site in ``Origin``.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from controlplane.api.limits import refuse

__all__ = ["LocalOnly"]

FORBIDDEN = 403
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


class LocalOnly:
    """ASGI middleware that answers only those who know this machine by its own name.

    Args:
        app: What answers them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            strange = not _local(f"//{headers.get('host', '')}")
            if strange or (origin is not None and not _local(origin)):
                await refuse(send, FORBIDDEN, "Forbidden", "Only this machine may ask.")
                return
        await self._app(scope, receive, send)


def _local(address: str) -> bool:
    try:
        return urlsplit(address).hostname in LOCAL
    except ValueError:
        return False
