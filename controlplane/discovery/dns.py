"""Targets from the DNS: SRV records, or A and AAAA records with a port."""

from pathlib import Path

from dns.asyncresolver import Resolver
from dns.exception import DNSException

from controlplane.discovery import found_target
from controlplane.discovery.prometheus_groups import target_name
from controlplane.errors import DiscoveryError, InvalidConfig
from controlplane.target_spec import DiscoverySpec, TargetSpec

__all__ = ["DnsDiscovery"]

DEADLINE_SECONDS = 5.0
MOST_RECORDS = 5_000


class DnsDiscovery:
    """Looks one name up.

    Args:
        spec: ``name`` is looked up as ``type``; A and AAAA need ``port``.
        folder: Not used.
        resolver: Another than the machine's own.
    """

    def __init__(
        self,
        spec: DiscoverySpec,
        folder: Path,  # noqa: ARG002 -- Discoverer
        *,
        resolver: Resolver | None = None,
    ) -> None:
        if spec.name is None or (spec.type != "SRV" and spec.port is None):
            msg = "A discovery of kind dns needs name, and port unless its type is SRV."
            raise InvalidConfig(msg)
        self.spec = spec
        self._name = spec.name
        self._resolver = resolver

    async def targets(self) -> tuple[TargetSpec, ...]:
        """Look the name up once; a name that does not exist is a fault, and no empty answer."""
        if self._resolver is None:
            self._resolver = Resolver()
        try:
            answer = await self._resolver.resolve(
                self._name, self.spec.type, lifetime=DEADLINE_SECONDS
            )
        except DNSException as error:
            msg = f"{self._name} ({self.spec.type}) cannot be looked up: {error}"
            raise DiscoveryError(msg) from error
        places = sorted({_place(record, self.spec) for record in answer})[:MOST_RECORDS]
        return tuple(self._target(host, port) for host, port in places)

    async def close(self) -> None:
        """Nothing is held open."""

    def _target(self, host: str, port: int) -> TargetSpec:
        written = f"[{host}]" if ":" in host else host
        said = {
            "name": target_name(self.spec.service or "", host, str(port)),
            "url": f"http://{written}:{port}{self.spec.path or '/metrics'}",
        }
        return found_target(self.spec, self._name, said)


def _place(record: object, spec: DiscoverySpec) -> tuple[str, int]:
    if spec.type == "SRV":
        host = str(getattr(record, "target", "")).rstrip(".")
        return host, spec.port or int(getattr(record, "port", 0))
    return str(getattr(record, "address", "")), spec.port or 0
