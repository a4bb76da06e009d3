"""The reference server's own version weights: ``/v2/models/{model}/traffic``."""

import asyncio
from collections.abc import Mapping
from math import isfinite

import httpx
import orjson

from controlplane.errors import RouterError
from controlplane.spec import RouteSpec

__all__ = ["ReferenceServerRouter"]

DEADLINE_SECONDS = 5.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_VERSIONS = 64
FENCING = "x-fencing-number"


class ReferenceServerRouter:
    """Sets weights by one PUT and reads them by one GET. Satisfies Router."""

    def __init__(
        self, route: RouteSpec, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._path = f"/v2/models/{route.name}/traffic"
        self._http = httpx.AsyncClient(
            base_url=route.url or "", timeout=DEADLINE_SECONDS, trust_env=False, transport=transport
        )

    async def read_weights(self) -> dict[str, float]:
        """Return the shares as the server reports them."""
        return await self._call("GET", None)

    async def set_weights(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        """Ask for these shares; the server refuses whoever led before."""
        await self._call("PUT", dict(weights), fencing=fencing)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(
        self, method: str, body: dict[str, float] | None, *, fencing: int = 0
    ) -> dict[str, float]:
        headers = {FENCING: str(fencing)} if fencing else None
        try:
            async with (
                asyncio.timeout(DEADLINE_SECONDS),
                self._http.stream(method, self._path, json=body, headers=headers) as response,
            ):
                response.raise_for_status()
                return _weights(await _read(response))
        except (
            httpx.HTTPError,
            TimeoutError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            msg = f"{method} {self._path} of the model server failed: {error!r:.200}"
            raise RouterError(msg) from error


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            msg = f"the answer is larger than {MAX_ANSWER_BYTES} bytes"
            raise ValueError(msg)
    return body


def _weights(body: bytes) -> dict[str, float]:
    """Read the shares; versions are few, and each share is a number."""
    weights = {str(v): float(share) for v, share in orjson.loads(body)["weights"].items()}
    if not 0 < len(weights) <= MAX_VERSIONS or not all(map(isfinite, weights.values())):
        msg = f"{len(weights)} versions, or a weight that is no number"
        raise ValueError(msg)
    return weights
