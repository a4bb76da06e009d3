"""The reference server's own weights and mirror: ``/v2/models/{model}/traffic`` and ``/mirror``."""

import asyncio
from collections.abc import Callable, Mapping
from math import isfinite
from typing import TypeVar

import httpx
import orjson

from controlplane.decide.route import Mirror
from controlplane.errors import RouterError
from controlplane.spec import RouteSpec

__all__ = ["ReferenceServerRouter"]

DEADLINE_SECONDS = 5.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_VERSIONS = 64
FENCING = "x-fencing-number"
NO_MIRROR = b'{"version": null}'
Answer = TypeVar("Answer")


class ReferenceServerRouter:
    """Sets weights and mirror by a PUT each, and reads them by a GET. Satisfies Router, Mirroring."""

    def __init__(
        self, route: RouteSpec, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        model = f"/v2/models/{route.name}"
        self._traffic, self._mirror = f"{model}/traffic", f"{model}/mirror"
        self._http = httpx.AsyncClient(
            base_url=route.url or "", timeout=DEADLINE_SECONDS, trust_env=False, transport=transport
        )

    async def read_weights(self) -> dict[str, float]:
        """Return the shares as the server reports them."""
        return await self._call("GET", self._traffic, _weights)

    async def set_weights(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        """Ask for these shares; the server refuses whoever led before."""
        await self._call("PUT", self._traffic, _weights, body=dict(weights), fencing=fencing)

    async def read_mirror(self) -> Mirror | None:
        """Return what the server mirrors; one that is too old to know of mirrors has none."""
        return await self._call("GET", self._mirror, _mirrored, missing=NO_MIRROR)

    async def set_mirror(self, mirror: Mirror | None, *, fencing: int = 0) -> None:
        """Ask for a mirror, or for none."""
        if mirror is None:
            await self._call("DELETE", self._mirror, _mirrored, fencing=fencing)
            return
        body: dict[str, str | float] = {
            "version": mirror.version,
            "percent": mirror.percent,
            "tolerance": mirror.tolerance,
        }
        await self._call("PUT", self._mirror, _mirrored, body=body, fencing=fencing)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(
        self,
        method: str,
        path: str,
        read: Callable[[bytes], Answer],
        *,
        body: Mapping[str, str | float] | None = None,
        fencing: int = 0,
        missing: bytes | None = None,
    ) -> Answer:
        """Ask, and read the answer; ``missing`` is what stands for one where the path is unknown."""
        headers = {FENCING: str(fencing)} if fencing else None
        try:
            async with (
                asyncio.timeout(DEADLINE_SECONDS),
                self._http.stream(method, path, json=body, headers=headers) as response,
            ):
                if response.status_code == httpx.codes.NOT_FOUND and missing is not None:
                    return read(missing)
                response.raise_for_status()
                return read(await _read(response))
        except (
            httpx.HTTPError,
            TimeoutError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            msg = f"{method} {path} of the model server failed: {error!r:.200}"
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


def _mirrored(body: bytes) -> Mirror | None:
    """Read what is mirrored."""
    told = orjson.loads(body)
    if told["version"] is None:
        return None
    percent, tolerance = float(told["percent"]), float(told["tolerance"])
    if not (isfinite(percent) and isfinite(tolerance)):
        msg = "a share or a tolerance that is no number"
        raise ValueError(msg)
    return Mirror(version=str(told["version"]), percent=percent, tolerance=tolerance)
