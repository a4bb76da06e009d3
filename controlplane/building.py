"""The parts that trimtab.yaml names, made from their specs."""

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from controlplane.decide.freeze import Freeze
from controlplane.discovery import Discoverer
from controlplane.engines.login import engine_headers
from controlplane.engines.prometheus import PrometheusEngine
from controlplane.errors import InvalidConfig
from controlplane.notifiers import Notifier
from controlplane.probe_page import PROBES
from controlplane.promise import Promise, make_promise
from controlplane.registries.mlflow import MlflowRegistry
from controlplane.routers import Router
from controlplane.routers.flag import FlagRouter
from controlplane.routers.replicated import ReplicatedRouter
from controlplane.settings import resolve_secret
from controlplane.slo_files import read_slo_files
from controlplane.spec import Config, FreezeSpec, RouteSpec
from controlplane.store.flags import FlagStore
from controlplane.telemetry import Telemetry
from probes.clock import Clock
from probes.errors import ProbeError
from probes.gpu_page import GPU
from probes.inference import Golden, read_golden
from probes.plugins import load
from slo import Exclusion, InvalidSpec, SloSpec

__all__ = [
    "make_discoverers",
    "make_engines",
    "make_flags",
    "make_freezes",
    "make_goldens",
    "make_notifiers",
    "make_promises",
    "make_registry",
    "make_routers",
    "make_telemetry",
    "promise_of_spec",
]

MAX_GOLDEN_BYTES = 4 << 20


def make_routers(config: Config) -> dict[str, Router]:
    """Return who moves the traffic of each service that has a route, unless it is somebody else or a flag.

    Raises:
        InvalidConfig: No router of that kind is installed.
    """
    return {
        name: _router(spec.route)
        for name, spec in config.services.items()
        if spec.route is not None and not (spec.route.external or spec.route.flag)
    }


def _router(route: RouteSpec) -> Router:
    """Return one router, of several replicas where the route names them."""
    kind = _plugin("trimtab.routers", route.router)
    if not route.urls:
        router: Router = kind(route)
        return router
    return ReplicatedRouter({name: kind(each) for name, each in route.replicas.items()})


def make_flags(config: Config, engine: Engine, clock: Clock) -> dict[str, FlagRouter]:
    """Return the flag of each service that is routed by one."""
    store = FlagStore(engine)
    return {
        name: FlagRouter(store, name, first=spec.route.version or "", clock=clock)
        for name, spec in config.services.items()
        if spec.route is not None and spec.route.flag
    }


def make_notifiers(config: Config) -> dict[tuple[str, int], Notifier]:
    """Return every destination by its receiver's name and its place there.

    Raises:
        InvalidConfig: No notifier of that kind is installed, or a secret cannot be had.
    """
    return {
        (name, position): _plugin("trimtab.notifiers", spec.kind)(
            url=spec.url, secret=None if spec.secret is None else resolve_secret(spec.secret)
        )
        for name, receiver in config.notify.receivers.items()
        for position, spec in enumerate(receiver)
    }


def make_registry(config: Config) -> MlflowRegistry | None:
    """Return the model registry that is followed; None where none is.

    Raises:
        InvalidConfig: A secret cannot be had.
    """
    return None if config.registry is None else MlflowRegistry(config.registry.mlflow)


def make_promises(config: Config, *, beside: Path) -> dict[str, Promise]:
    """Return every SLO with its rules and the pages it is counted on.

    Raises:
        InvalidConfig: A file is missing or wrong.
    """
    return {
        slo.name: promise_of_spec(config, slo) for slo in read_slo_files(config.slos, beside=beside)
    }


def promise_of_spec(config: Config, slo: SloSpec) -> Promise:
    """Return one SLO with its rules and the pages it is counted on.

    Raises:
        InvalidConfig: It cannot be watched as trimtab.yaml is.
    """
    engine = config.storage.engine_of(slo.source)
    if engine:
        every = config.storage.all_engines[engine].every
        return make_promise(slo, sources=(), interval_seconds=every, engine=engine)
    return make_promise(
        slo,
        sources=[PROBES, GPU, *(p.name for p in config.push if p.service == slo.service)],
        interval_seconds=max((t.interval for t in config.targets), default=1.0),
    )


def make_freezes(config: Config) -> tuple[Freeze, ...]:
    """Return the times in which no rollout goes forward.

    Raises:
        InvalidConfig: A rule cannot be read.
    """
    return tuple(_freeze(spec) for spec in config.freezes)


def _freeze(spec: FreezeSpec) -> Freeze:
    zoned = spec.start if spec.start.tzinfo else spec.start.replace(tzinfo=UTC)
    start = zoned.timestamp()
    try:
        when = Exclusion(start=start, end=start + spec.duration, rule=spec.rrule)
    except InvalidSpec as error:
        msg = f"freezes.{spec.name}: {error}"
        raise InvalidConfig(msg) from error
    return Freeze(name=spec.name, when=when, services=spec.services)


def make_engines(config: Config) -> dict[str, PrometheusEngine]:
    """Return every engine by name.

    Raises:
        InvalidConfig: A secret cannot be had.
    """
    return {
        name: PrometheusEngine(spec.url, headers=engine_headers(spec.bearer, spec.tenant))
        for name, spec in config.storage.all_engines.items()
    }


def make_discoverers(config: Config, *, beside: Path) -> dict[str, Discoverer]:
    """Return every place where targets are found, by its name among origins.

    Raises:
        InvalidConfig: No discovery of that kind is installed, or it lacks what it needs.
    """
    return {
        f"discovery {number}: {spec.kind}": _plugin("trimtab.discovery", spec.kind)(spec, beside)
        for number, spec in enumerate(config.discovery, 1)
    }


def make_telemetry(config: Config, *, beside: Path) -> Telemetry:
    """Return the plane's own metrics, and its traces where trimtab.yaml names a file for them."""
    traces = config.telemetry.traces
    return Telemetry(traces=None if traces is None else beside / traces)


def make_goldens(config: Config, *, beside: Path) -> Mapping[str, Golden]:
    """Return every golden question by the name of its file.

    Raises:
        InvalidConfig: An inference probe names no file, or the file holds no golden question.
    """
    goldens: dict[str, Golden] = {}
    for service, spec in config.services.items():
        for probe in spec.probes:
            if probe.kind == "inference" and probe.golden is None:
                msg = f"services.{service}.probes: an inference probe needs golden: FILE."
                raise InvalidConfig(msg)
            if probe.golden is not None:
                goldens[probe.golden] = _golden(beside / probe.golden)
    return goldens


def _golden(path: Path) -> Golden:
    try:
        with path.open("rb") as file:
            return read_golden(file.read(MAX_GOLDEN_BYTES))
    except (OSError, ProbeError) as error:
        msg = f"{path}: {error}"
        raise InvalidConfig(msg) from error


def _plugin(group: str, kind: str) -> Any:  # noqa: ANN401 -- each group has its own protocol
    try:
        return load(group, kind)
    except ProbeError as error:
        raise InvalidConfig(str(error)) from error
