"""The reference server's own version weights: ``/v2/models/{model}/traffic``."""

from collections.abc import Mapping

import httpx

from controlplane.errors import RouterError
from controlplane.spec import RouteSpec

__all__ = ["ReferenceServerRouter"]

DEADLINE_SECONDS = 5.0


class ReferenceServerRouter:
    """Sets weights by one PUT and reads them by one GET. Satisfies Router."""

    def __init__(
        self, route: RouteSpec, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._path = f"/v2/models/{route.name}/traffic"
        self._http = httpx.AsyncClient(
            base_url=route.url, timeout=DEADLINE_SECONDS, trust_env=False, transport=transport
        )

    async def read_weights(self) -> dict[str, float]:
        """Return the shares as the server reports them."""
        return await self._call("GET", None)

    async def set_weights(self, weights: Mapping[str, float]) -> None:
        """Ask for these shares."""
        await self._call("PUT", dict(weights))

    async def _call(self, method: str, body: dict[str, float] | None) -> dict[str, float]:
        try:
            response = await self._http.request(method, self._path, json=body)
            response.raise_for_status()
            weights = response.json()["weights"]
            return {str(version): float(share) for version, share in weights.items()}
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"{method} {self._http.base_url}{self._path.lstrip('/')} failed: {error!r:.200}"
            raise RouterError(msg) from error
