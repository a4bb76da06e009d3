"""Where targets are found: one file per source, by the entry point group ``trimtab.discovery``."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from controlplane.errors import DiscoveryError
from controlplane.target_spec import DiscoverySpec, TargetSpec, parse_target

__all__ = ["Discoverer", "found_target"]


class Discoverer(Protocol):
    """One place where targets are found.

    Attributes:
        spec: As trimtab.yaml says.
    """

    spec: DiscoverySpec

    def __init__(self, spec: DiscoverySpec, folder: Path) -> None:
        """Make one; ``folder`` is where relative paths start."""

    async def targets(self) -> tuple[TargetSpec, ...]:
        """Return all targets there are now.

        Raises:
            DiscoveryError: It cannot be asked, or what it says cannot be read.
        """

    async def close(self) -> None:
        """Let go of what is held open."""


def found_target(spec: DiscoverySpec, place: str, said: Mapping[str, Any]) -> TargetSpec:
    """Return a target from what a place says of it; the rest is as trimtab.yaml says.

    Args:
        spec: Of the discovery.
        place: Where in the answer, for errors.
        said: Keys of a target.

    Raises:
        DiscoveryError: It cannot be a target.
    """
    usual = {
        key: getattr(spec, key) for key in ("service", "version", "server", "interval", "timeout")
    }
    document = {key: value for key, value in usual.items() if value is not None} | dict(said)
    for key in ("auth", "tls"):
        part = getattr(spec, key)
        if part is not None and key not in document:
            document[key] = asdict(part)
    if "service" not in document:
        msg = f"{place} names no service, and neither does the discovery."
        raise DiscoveryError(msg, hint="write service: NAME in trimtab.yaml, or a label service")
    try:
        return parse_target(document)
    except ValidationError as error:
        first = error.errors()[0]
        msg = f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise DiscoveryError(msg) from error
