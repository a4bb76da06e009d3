"""How the plane is put together, taken up from the store, and let go again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiohttp
import numpy as np
from sqlalchemy import Engine

from controlplane.adjustment_desk import take_up
from controlplane.asking import Asking
from controlplane.building import (
    make_discoverers,
    make_engines,
    make_flags,
    make_freezes,
    make_goldens,
    make_notifiers,
    make_promises,
    make_registry,
    make_routers,
    make_telemetry,
)
from controlplane.canary_watch import CanaryWatch
from controlplane.counting import Counting
from controlplane.families import Families
from controlplane.lease import Lease, fence
from controlplane.live import Live
from controlplane.notifiers import Notifier
from controlplane.plane import Plane
from controlplane.probe_page import ProbePage
from controlplane.promise_book import PromiseBook
from controlplane.push_receiver import PushReceiver
from controlplane.quick_look import QuickLook
from controlplane.recent_series import RecentSeries
from controlplane.retarget import retarget
from controlplane.routers import Router
from controlplane.slo_desk import take_up_sets
from controlplane.slo_page import SloPage
from controlplane.spec import Config
from controlplane.store.adjustments import AdjustmentStore
from controlplane.store.alerts import AlertStore
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from controlplane.store.outbox import Outbox
from controlplane.store.pushes import PushStore
from controlplane.store.registry_entries import RegistryEntries
from controlplane.store.rollouts import RolloutStore
from controlplane.store.runbook_runs import RunbookRunStore
from controlplane.store.services import ServiceStore
from controlplane.store.slo_members import SloMemberStore
from controlplane.store.slo_sets import SloSetStore
from controlplane.store.targets import TargetStore
from controlplane.store.trail import Trail
from controlplane.target_book import API, TargetBook
from probes.breaker import Breaker, State, weight_factor
from probes.clock import Clock, SystemClock
from probes.gpu_page import GpuPage
from probes.http_session import make_session
from probes.layout_cache import LayoutCache
from probes.page_client import PageClient
from probes.plugins import installed

__all__ = ["database_address", "open_plane"]


@asynccontextmanager
async def open_plane(
    config: Config,
    *,
    beside: Path,
    clock: Clock | None = None,
    seed: int | None = None,
    lease: Lease | None = None,
    routers: Mapping[str, Router] | None = None,
    notifiers: Mapping[tuple[str, int], Notifier] | None = None,
) -> AsyncIterator[Plane]:
    """Build the plane. Tests pass fakes; production passes only the configuration.

    Args:
        config: trimtab.yaml.
        beside: Folder that its relative names start from.
        clock: Time; the machine's own when None.
        seed: Of the one generator of random numbers; from the machine when None.
        lease: What it acts under; None where nobody else could.
        routers: Who moves traffic, by service; as configured when None.
        notifiers: Destinations; as configured when None.

    Raises:
        InvalidConfig: Something it names cannot be had.
    """
    async with make_session() as http, PageClient() as pages:
        plane = _build(
            config,
            beside=beside,
            clock=clock or SystemClock(),
            rng=np.random.default_rng(seed),
            lease=lease or Lease(),
            http=http,
            pages=pages,
            routers=make_routers(config) if routers is None else routers,
            notifiers=make_notifiers(config) if notifiers is None else notifiers,
        )
        _remember(plane)
        plane.telemetry.registry.register(SloPage(plane))
        try:
            yield plane
        finally:
            await _close(plane)


def _build(
    config: Config,
    *,
    beside: Path,
    clock: Clock,
    rng: np.random.Generator,
    lease: Lease,
    http: aiohttp.ClientSession,
    pages: PageClient,
    routers: Mapping[str, Router],
    notifiers: Mapping[tuple[str, int], Notifier],
) -> Plane:
    now = clock.now().timestamp()
    engine = open_database(database_address(config.storage.database, beside))
    if lease.fencing:
        fence(engine, lease)
    counting = Counting(CountStore(engine), now=now)
    live, book = Live(), TargetBook(config.targets)
    families = _families(config, engine, beside)
    return _with_stores(engine)(
        config=config,
        url=f"http://{config.api.listen}",
        clock=clock,
        rng=rng,
        lease=lease,
        engine=engine,
        http=http,
        pages=pages,
        asking=Asking(clock, beside),
        book=book,
        discoverers=make_discoverers(config, beside=beside),
        layouts=LayoutCache(),
        profiles=tuple(installed("trimtab.servers").values()),
        promises=families.book,
        counting=counting,
        families=families,
        engines=make_engines(config),
        look=QuickLook(families.book),
        canaries=CanaryWatch(counting),
        probe_page=ProbePage(counting, started=now),
        pushes=_pushes(config, engine, counting=counting, families=families, live=live, book=book),
        gpu_page=GpuPage(started=now),
        goldens=make_goldens(config, beside=beside),
        freezes=make_freezes(config),
        live=live,
        recent=RecentSeries(config.storage.recent),
        routers={**routers, **make_flags(config, engine, clock)},
        notifiers=notifiers,
        registry=make_registry(config),
        telemetry=make_telemetry(config, beside=beside),
    )


def _with_stores(engine: Engine) -> "partial[Plane]":
    """Return the plane's maker, given all that the database remembers by noun."""
    return partial(
        Plane,
        rollouts=RolloutStore(engine),
        registry_entries=RegistryEntries(engine),
        services=ServiceStore(engine),
        stored_targets=TargetStore(engine),
        slo_sets=SloSetStore(engine),
        alerts=AlertStore(engine),
        adjustments=AdjustmentStore(engine),
        outbox=Outbox(engine),
        trail=Trail(engine),
        runbook_runs=RunbookRunStore(engine),
    )


def _families(config: Config, engine: Engine, beside: Path) -> Families:
    promises = PromiseBook(make_promises(config, beside=beside).values())
    return Families(promises, SloMemberStore(engine))


def _pushes(
    config: Config,
    engine: Engine,
    *,
    counting: Counting,
    families: Families,
    live: Live,
    book: TargetBook,
) -> PushReceiver:
    store = PushStore(engine)
    return PushReceiver(
        config.push, store=store, counting=counting, families=families, live=live, book=book
    )


async def _close(plane: Plane) -> None:
    """Close whatever the plane holds open, but for the session that its opener holds."""
    for discoverer in plane.discoverers.values():
        await discoverer.close()
    for router in plane.routers.values():
        await router.close()
    for engine in plane.engines.values():
        engine.close()
    for notifier in plane.notifiers.values():
        await notifier.close()
    if plane.registry is not None:
        await plane.registry.close()
    plane.telemetry.close()
    plane.engine.dispose()


def _remember(plane: Plane) -> None:
    """Take up what the store knows from before."""
    take_up_sets(plane)
    plane.families.restore()
    plane.pushes.begin(plane.now())
    plane.book.put(API, plane.stored_targets.list())
    retarget(plane)
    plane.live.alerts.update({record.key: record.alert for record in plane.alerts.list()})
    take_up(plane)
    for (service, version), saved in plane.services.breakers().items():
        spec = plane.config.services.get(service)
        if spec is not None and spec.breaker is not None:
            breaker = Breaker(**saved | {"state": State(saved["state"])})
            plane.live.breakers[service, version] = breaker
            factor = weight_factor(breaker, plane.breaker_policy(service))
            plane.live.factors[service, version] = factor


def database_address(address: str, folder: Path) -> str:
    """Return the address with a relative SQLite file anchored in the folder of trimtab.yaml."""
    scheme, slashes, name = address.partition(":///")
    if not scheme.startswith("sqlite") or not slashes or name.startswith(("/", ":")) or not name:
        return address
    return f"{scheme}:///{folder / name}"
