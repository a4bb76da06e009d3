"""The plane: everything that loops and routes may reach, built once by app.py and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import numpy as np
from sqlalchemy import Engine

from controlplane.asking import Asking
from controlplane.canary_watch import CanaryWatch
from controlplane.counting import Counting
from controlplane.decide.freeze import Freeze
from controlplane.discovery import Discoverer
from controlplane.engines.prometheus import PrometheusEngine
from controlplane.families import Families
from controlplane.lease import Lease
from controlplane.live import Live
from controlplane.notifiers import Notifier
from controlplane.probe_page import ProbePage
from controlplane.promise import Promise
from controlplane.promise_book import PromiseBook
from controlplane.push_receiver import PushReceiver
from controlplane.quick_look import QuickLook
from controlplane.recent_series import RecentSeries
from controlplane.registries.mlflow import MlflowRegistry
from controlplane.routers import Router
from controlplane.spec import BreakerSpec, Config, TargetSpec
from controlplane.store.adjustments import AdjustmentStore
from controlplane.store.alerts import AlertStore
from controlplane.store.outbox import Outbox
from controlplane.store.registry_entries import RegistryEntries
from controlplane.store.rollouts import RolloutStore
from controlplane.store.runbook_runs import RunbookRunStore
from controlplane.store.services import ServiceStore
from controlplane.store.slo_sets import SloSetStore
from controlplane.store.targets import TargetStore
from controlplane.store.trail import Trail
from controlplane.target_book import TargetBook
from controlplane.telemetry import Telemetry
from probes.breaker import BreakerPolicy
from probes.clock import Clock
from probes.exposition import Page
from probes.gpu_page import GpuPage
from probes.inference import Golden
from probes.layout_cache import LayoutCache
from probes.page_client import PageClient
from probes.reading import Reading, read_service
from probes.server_profile import ServerProfile

__all__ = ["Plane"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The parts, by noun. Tests pass fakes for clock, routers and notifiers."""

    config: Config
    url: str
    clock: Clock
    rng: np.random.Generator
    lease: Lease
    engine: Engine
    http: aiohttp.ClientSession
    pages: PageClient
    asking: Asking
    book: TargetBook
    discoverers: Mapping[str, Discoverer]
    layouts: LayoutCache
    profiles: tuple[ServerProfile, ...]
    promises: PromiseBook
    families: Families
    counting: Counting
    engines: Mapping[str, PrometheusEngine]
    look: QuickLook
    canaries: CanaryWatch
    probe_page: ProbePage
    pushes: PushReceiver
    gpu_page: GpuPage
    goldens: Mapping[str, Golden]
    freezes: tuple[Freeze, ...]
    live: Live
    recent: RecentSeries
    routers: Mapping[str, Router]
    notifiers: Mapping[tuple[str, int], Notifier]
    registry: MlflowRegistry | None
    rollouts: RolloutStore
    registry_entries: RegistryEntries
    services: ServiceStore
    stored_targets: TargetStore
    slo_sets: SloSetStore
    alerts: AlertStore
    adjustments: AdjustmentStore
    outbox: Outbox
    trail: Trail
    runbook_runs: RunbookRunStore
    telemetry: Telemetry

    def now(self) -> float:
        """Return the wall time in Unix seconds."""
        return self.clock.now().timestamp()

    @property
    def watched(self) -> tuple[str, ...]:
        """Services whose traffic somebody else moves: what happens to them is only judged."""
        services = self.config.services.items()
        return tuple(name for name, spec in services if spec.route and spec.route.external)

    def targets_of(self, service: str) -> tuple[TargetSpec, ...]:
        """Return the targets of one service."""
        return self.book.of_service(service)

    def promises_of(self, service: str) -> tuple[Promise, ...]:
        """Return the SLOs of one service."""
        return self.promises.of_service(service)

    def sources_for(self, promise: Promise) -> frozenset[str]:
        """Return the names of all pages that an SLO is counted on, or of an engine's targets."""
        if promise.engine:
            feed = self.live.feeds.get(promise.slo.name)
            return frozenset() if feed is None else feed.sources
        return frozenset(promise.sources).union(
            t.name for t in self.targets_of(promise.slo.service)
        )

    def pages_of(self, service: str) -> tuple[Page, ...]:
        """Return the pages last read of one service."""
        pages = self.live.pages
        return tuple(pages[t.name] for t in self.targets_of(service) if t.name in pages)

    def profile_of(self, service: str) -> ServerProfile | None:
        """Return how to read a service's pages; None until one was recognised."""
        names = {self.live.targets[target.name].server for target in self.targets_of(service)}
        return next((profile for profile in self.profiles if profile.name in names), None)

    def reading_of(self, service: str) -> Reading | None:
        """Return how to count a service's versions; None until its pages show it."""
        profile, pages = self.profile_of(service), self.pages_of(service)
        route = self.config.services[service].route
        if profile is None or route is None or not pages:
            return None
        layouts = tuple(page.layout for page in pages)
        known = self.live.readings.get(service)
        if known is None or known[0] != layouts:
            known = layouts, read_service(profile, pages, model=route.name)
            self.live.readings[service] = known
        return known[1]

    def sources_of(self, service: str, version: str, *, by_label: bool) -> tuple[str, ...]:
        """Return the targets that a version is counted on: all, or those that are its own."""
        targets = self.targets_of(service)
        return tuple(t.name for t in targets if by_label or t.version == version)

    def breaker_policy(self, service: str) -> BreakerPolicy:
        """Return the limits of a service's breakers, as trimtab.yaml asks for."""
        spec = self.config.services[service].breaker or BreakerSpec()
        return BreakerPolicy(
            failure_rate=spec.failure_rate,
            slow_rate=spec.slow_rate,
            min_calls=spec.min_calls,
            open_seconds=spec.open_for,
        )
