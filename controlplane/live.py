"""What the plane knows just now. All of it can be had again from the store and the next scrape."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from controlplane.decide.alert_state import Alert
from controlplane.decide.route import ALONE, Mirror, RouteSeen
from controlplane.decide.scaling import Wish
from controlplane.engine_feed import EngineFeed
from controlplane.version_watch import VersionWatch
from probes.breaker import Breaker
from probes.exposition import Layout, Page
from probes.gpu import GpuReading
from probes.reading import Reading
from slo import Adjustments

__all__ = [
    "DiscoveryStanding",
    "Live",
    "News",
    "ProbeStanding",
    "ScalingStanding",
    "TargetStanding",
    "TrafficStanding",
]

RECENT_DEMANDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStanding:
    """How the last scrape of a target went; ``state`` is up, unknown or down."""

    state: str = "unknown"
    reason: str = "not scraped yet"
    at: float | None = None
    samples: int = 0
    server: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryStanding:
    """How the last look at a discovery went."""

    ok: bool
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeStanding:
    """The last answer to one probe, how often it was good, and how many answers in a row failed.

    ``ok`` is None when nothing was learnt; such an answer is in neither count.
    """

    ok: bool | None
    reason: str
    seconds: float
    at: float
    good: int = 0
    total: int = 0
    failures_in_row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficStanding:
    """What a service's router is set to: weights in per cent, None when it does not answer.

    Attributes:
        weights: Over all replicas that answer.
        reason: Why it is so.
        mirror: What is mirrored.
        replicas: Weights by replica, None for one that does not answer; empty without replicas.
    """

    weights: dict[str, float] | None
    reason: str
    mirror: Mirror | None = None
    replicas: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, observed: RouteSeen, *, reason: str) -> "TrafficStanding":
        """Return what was observed, and why it is so."""
        replicas = {
            name: None if setting is None else dict(setting.weights)
            for name, setting in observed.replicas.items()
            if name != ALONE
        }
        return cls(
            weights=observed.weights, mirror=observed.mirror, reason=reason, replicas=replicas
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingStanding:
    """What a service should be scaled to, and from which figures."""

    wish: Wish
    in_flight: float | None
    replicas: int
    gpu_utilization: float | None = None


class News:
    """Wakes those who wait for the next measurement."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def spread(self) -> None:
        """Wake everyone who waits now."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next measurement."""
        await self._event.wait()


class Live:
    """The plane's memory, by noun. Loops write their own part and read the others'."""

    def __init__(self) -> None:
        self.news = News()
        self.targets: dict[str, TargetStanding] = {}
        self.pages: dict[str, Page] = {}
        self.discoveries: dict[str, DiscoveryStanding] = {}
        self.outbox_empty: int | None = None
        self.open_streams = 0
        self.outbox_seen = 0.0
        self.retargeted = asyncio.Event()
        self.wanted: dict[str, tuple[frozenset[str], str | None, frozenset[str]]] = {}
        self.readings: dict[str, tuple[tuple[Layout, ...], Reading | None]] = {}
        self.taken_up: set[str] = set()
        self.probes: dict[tuple[str, str, str], ProbeStanding] = {}
        self.traffic: dict[str, TrafficStanding] = {}
        self.away_since: dict[tuple[str, str], float] = {}
        self.breakers: dict[tuple[str, str], Breaker] = {}
        self.factors: dict[tuple[str, str], float] = {}
        self.watches: dict[tuple[str, str], VersionWatch] = {}
        self.alerts: dict[str, Alert] = {}
        self.uncounted: dict[str, str] = {}
        self.adjustments: dict[str, Adjustments] = {}
        self.feeds: dict[str, EngineFeed] = {}
        self.slo_sets: dict[str, frozenset[str]] = {}
        self.slo_set_faults: dict[str, str] = {}
        self.scaling: dict[str, ScalingStanding] = {}
        self.demands: defaultdict[str, deque[float]] = defaultdict(
            lambda: deque(maxlen=RECENT_DEMANDS)
        )
        self.gpu_shares: defaultdict[str, deque[float]] = defaultdict(
            lambda: deque(maxlen=RECENT_DEMANDS)
        )
        self.gpu: GpuReading | None = None
