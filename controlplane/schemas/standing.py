"""Shapes of what is seen just now."""

from pydantic import Field

from controlplane.schemas.shape import Shape

__all__ = [
    "BreakerOut",
    "DiscoveryOut",
    "GpuDeviceOut",
    "GpuOut",
    "MirrorOut",
    "ProbeOut",
    "PushSourceOut",
    "ScalingOut",
    "SeriesOut",
    "ServiceOut",
    "TargetOut",
    "TargetSpecOut",
    "TargetStatusOut",
]


class TargetSpecOut(Shape):
    """What to watch."""

    url: str
    service: str
    version: str | None
    interval_seconds: float


class TargetStatusOut(Shape):
    """How the last scrape went; ``state`` is ``up``, ``unknown`` or ``down``, never a guess.

    Attributes:
        origin: ``trimtab.yaml``, ``api``, or the discovery that found it.
        asked_names: Whether only what is used is asked for, and why.
    """

    state: str
    reason: str
    last_scrape_at: float | None
    samples: int
    server: str | None
    origin: str
    asked_names: str


class TargetOut(Shape):
    """One metrics page that is watched."""

    name: str
    spec: TargetSpecOut
    status: TargetStatusOut


class DiscoveryOut(Shape):
    """One place where targets are found.

    Attributes:
        name: As targets name their origin.
        ok: Whether the last look went well; None before the first.
        reason: In words.
        at: When that was, Unix seconds.
        targets: How many it names; where a look fails, its last word holds.
        refused: Targets of it that are not watched, with the reason.
    """

    name: str
    ok: bool | None
    reason: str
    at: float | None
    targets: int
    refused: dict[str, str]


class SeriesOut(Shape):
    """What one series showed: Unix seconds and values; None where a value was no finite number."""

    name: str
    labels: dict[str, str]
    times: tuple[float, ...]
    values: tuple[float | None, ...]


class ScalingOut(Shape):
    """How many replicas a service should have; ``wanted`` is None while nothing is known."""

    service: str
    wanted: int | None
    seen: int
    in_flight: float | None
    gpu_utilization: float | None = None
    reason: str


class BreakerOut(Shape):
    """A version's circuit breaker; ``weight_factor`` is the share of traffic it lets through."""

    service: str
    version: str
    state: str
    weight_factor: float
    reason: str
    since: float


class ProbeOut(Shape):
    """The last answer to one probe; ``ok`` is None when nothing was learnt."""

    service: str
    version: str
    kind: str
    ok: bool | None
    reason: str
    seconds: float
    at: float
    good: int
    total: int


class PushSourceOut(Shape):
    """One source that is pushed to; points are counted since the control plane started."""

    name: str
    service: str
    match: dict[str, str]
    last_push_at: float | None
    streams: int
    series: int
    counted: int
    rejected: int
    reason: str


class MirrorOut(Shape):
    """A share of the requests, in per cent, that another version answers as well."""

    version: str
    percent: float
    tolerance: float


class ServiceOut(Shape):
    """One service: who serves it now, and what is mirrored.

    Attributes:
        replicas: Weights by replica, None for one that does not answer; empty without replicas.
    """

    name: str
    stable: str | None
    previous: str | None
    weights: dict[str, float] | None
    reason: str
    mirror: MirrorOut | None = None
    replicas: dict[str, dict[str, float] | None] = Field(default_factory=dict)


class GpuDeviceOut(Shape):
    """One GPU; what it does not report is None."""

    index: int
    uuid: str
    name: str
    utilization_ratio: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    power_watts: float | None = None
    power_limit_watts: float | None = None
    temperature_celsius: float | None = None
    clock_events: tuple[str, ...] | None = None
    ecc_corrected: int | None = None
    ecc_uncorrected: int | None = None


class GpuOut(Shape):
    """What NVML says, or the plain reason why it says nothing."""

    source: str
    reason: str
    devices: tuple[GpuDeviceOut, ...]
