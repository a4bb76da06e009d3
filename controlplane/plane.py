"""The plane: everything that loops and routes may reach, built once by app.py and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import numpy as np
from sqlalchemy import Engine

from controlplane.canary_watch import CanaryWatch
from controlplane.counting import Counting
from controlplane.live import Live
from controlplane.notifiers import Notifier
from controlplane.probe_page import ProbePage
from controlplane.push_receiver import PushReceiver
from controlplane.routers import Router
from controlplane.slo_evaluation import Promise
from controlplane.spec import BreakerSpec, Config, TargetSpec
from controlplane.store.alerts import AlertStore
from controlplane.store.outbox import Outbox
from controlplane.store.rollouts import RolloutStore
from controlplane.store.runbook_runs import RunbookRunStore
from controlplane.store.services import ServiceStore
from controlplane.store.trail import Trail
from controlplane.telemetry import Telemetry
from probes.breaker import BreakerPolicy
from probes.clock import Clock
from probes.exposition import LayoutCache, Page
from probes.gpu_page import GpuPage
from probes.inference import Golden
from probes.server_profile import ServerProfile

__all__ = ["Plane"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The parts, by noun. Tests pass fakes for clock, routers and notifiers."""

    config: Config
    url: str
    clock: Clock
    rng: np.random.Generator
    engine: Engine
    http: aiohttp.ClientSession
    layouts: LayoutCache
    profiles: tuple[ServerProfile, ...]
    promises: Mapping[str, Promise]
    counting: Counting
    canaries: CanaryWatch
    probe_page: ProbePage
    pushes: PushReceiver
    gpu_page: GpuPage
    goldens: Mapping[str, Golden]
    live: Live
    routers: Mapping[str, Router]
    notifiers: Mapping[tuple[str, int], Notifier]
    rollouts: RolloutStore
    services: ServiceStore
    alerts: AlertStore
    outbox: Outbox
    trail: Trail
    runbook_runs: RunbookRunStore
    telemetry: Telemetry

    def now(self) -> float:
        """Return the wall time in Unix seconds."""
        return self.clock.now().timestamp()

    def targets_of(self, service: str) -> tuple[TargetSpec, ...]:
        """Return the targets of one service."""
        return tuple(target for target in self.config.targets if target.service == service)

    def pages_of(self, service: str) -> tuple[Page, ...]:
        """Return the pages last read of one service."""
        pages = self.live.pages
        return tuple(pages[t.name] for t in self.targets_of(service) if t.name in pages)

    def profile_of(self, service: str) -> ServerProfile | None:
        """Return how to read a service's pages; None until one was recognised."""
        names = {self.live.targets[target.name].server for target in self.targets_of(service)}
        return next((profile for profile in self.profiles if profile.name in names), None)

    def breaker_policy(self, service: str) -> BreakerPolicy:
        """Return the limits of a service's breakers, as trimtab.yaml asks for."""
        spec = self.config.services[service].breaker or BreakerSpec()
        return BreakerPolicy(
            failure_rate=spec.failure_rate,
            slow_rate=spec.slow_rate,
            min_calls=spec.min_calls,
            open_seconds=spec.open_for,
        )
