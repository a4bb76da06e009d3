"""The first look at a request: inference goes straight to its endpoint, the rest to FastAPI.

Middleware and routing of the framework cost about as much as a small model; the path that is
walked most does not pay for them.
"""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["FrontDoor"]

INFER = re.compile(r"/v2/models/(?P<model>[^/]+)(?:/versions/(?P<version>[^/]+))?/infer")


class FrontDoor:
    """An ASGI application in front of two others.

    Args:
        infer: Answers POST on the paths of inference; finds ``model`` and ``version`` (None where
            the client names none) in the scope's ``path_params``.
        rest: Answers everything else.
    """

    def __init__(self, infer: ASGIApp, rest: ASGIApp) -> None:
        self._infer = infer
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on."""
        if scope["type"] == "http" and scope["method"] == "POST":
            found = INFER.fullmatch(scope["path"])
            if found is not None:
                scope["path_params"] = found.groupdict()
                await self._infer(scope, receive, send)
                return
        await self._rest(scope, receive, send)
