"""What a model server is started with."""

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from reference_server.lane import LaneLimits

__all__ = ["DEFAULT_MODELS", "Settings", "default_cache", "default_workers", "is_loopback"]

DEFAULT_MODELS = ("magika", "iris")
MEBIBYTE = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be chosen.

    Attributes:
        host: Address to listen on.
        port: 0 takes a free one.
        models: Names of shipped models, or ``NAME=PATH[:VERSION]``.
        magika_versions: Which builds of magika are loaded; the first answers at the start.
        limits: How much one version does at once.
        cache_dir: Where builds are kept.
        faults: Whether faults may be injected.
        traces: File that spans are appended to; None makes no spans.
        seed: Of the chance by which faults hit.
        body_limit: Bytes of the largest inference request.
        drain_seconds: How long a server that stops waits for requests inside.
    """

    host: str = "127.0.0.1"
    port: int = 8002
    models: tuple[str, ...] = DEFAULT_MODELS
    magika_versions: tuple[str, ...] = ("1", "2", "3")
    limits: LaneLimits = field(default_factory=LaneLimits)
    cache_dir: Path
    faults: bool = False
    traces: Path | None = None
    seed: int = 0
    body_limit: int = 16 * MEBIBYTE
    drain_seconds: int = 5


def default_cache() -> Path:
    """Return a folder that belongs to this user alone: what lies there is loaded and run."""
    return Path.home() / ".cache" / "trimtab" / "model-server"


def default_workers() -> int:
    """Return one thread less than there are cores for this process, and at least one."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (mine or 1) - 1)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
