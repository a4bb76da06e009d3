"""Targets from an HTTP service discovery, in Prometheus's format.

Source: prometheus/docs, HTTP service discovery.
"""

import asyncio
from pathlib import Path

import aiohttp
import orjson

from controlplane.discovery.prometheus_groups import read_groups
from controlplane.errors import DiscoveryError, InvalidConfig
from controlplane.target_spec import DiscoverySpec, TargetSpec
from probes.http_session import make_session

__all__ = ["HttpDiscovery"]

MOST_BYTES = 16 << 20
DEADLINE_SECONDS = 10.0
OK_STATUS = 200


class HttpDiscovery:
    """Asks one address.

    Args:
        spec: ``url`` is asked.
        folder: Not used.
    """

    def __init__(self, spec: DiscoverySpec, folder: Path) -> None:  # noqa: ARG002 -- Discoverer
        if spec.url is None:
            msg = "A discovery of kind http needs url: http://host/targets."
            raise InvalidConfig(msg)
        self.spec = spec
        self._url = spec.url
        self._session: aiohttp.ClientSession | None = None

    async def targets(self) -> tuple[TargetSpec, ...]:
        """Ask once; redirects are not followed, and the answer is bounded."""
        if self._session is None:
            self._session = make_session()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                body = await self._ask(self._session)
        except TimeoutError as error:
            msg = f"{self._url} did not answer within {DEADLINE_SECONDS:g} s."
            raise DiscoveryError(msg) from error
        except (aiohttp.ClientError, OSError) as error:
            msg = f"{self._url} cannot be asked: {type(error).__name__}."
            raise DiscoveryError(msg) from error
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            msg = f"{self._url} answered no JSON: {error}"
            raise DiscoveryError(msg) from error
        return read_groups(self.spec, self._url, document)

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, session: aiohttp.ClientSession) -> bytes:
        seconds = str(self.spec.refresh)
        headers = {
            "accept": "application/json",
            "x-prometheus-refresh-interval-seconds": seconds,
        }
        async with session.get(self._url, headers=headers, allow_redirects=False) as response:
            if response.status != OK_STATUS:
                msg = f"{self._url} answered HTTP {response.status}."
                raise DiscoveryError(msg)
            body = bytearray()
            async for piece in response.content.iter_chunked(65_536):
                body += piece
                if len(body) > MOST_BYTES:
                    msg = f"{self._url} answered more than {MOST_BYTES >> 20} MiB."
                    raise DiscoveryError(msg)
        return bytes(body)
