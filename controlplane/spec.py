"""trimtab.yaml: read, checked, frozen."""

from dataclasses import field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from controlplane.errors import InvalidConfig
from controlplane.registry_spec import FollowedModel, MlflowSpec, RegistrySpec
from controlplane.rollout_config import (
    ApprovalSpec,
    FreezeSpec,
    GaugeSpec,
    Margin,
    RolloutDefaults,
)
from controlplane.route_spec import RouteSpec
from controlplane.storage_spec import DEFAULT_ENGINE, EngineSpec, StorageSpec
from controlplane.target_spec import (
    STRICT,
    AuthSpec,
    DiscoverySpec,
    HttpUrl,
    LimitsSpec,
    Name,
    TargetSpec,
    TlsSpec,
)
from controlplane.units import Seconds, Share

__all__ = [
    "ApiSpec",
    "ApprovalSpec",
    "AuthSpec",
    "BreakerSpec",
    "Config",
    "DiscoverySpec",
    "EngineSpec",
    "FollowedModel",
    "FreezeSpec",
    "GaugeSpec",
    "LimitsSpec",
    "Margin",
    "MlflowSpec",
    "NotifySpec",
    "ProbeSpec",
    "PushSpec",
    "ReceiverSpec",
    "RegistrySpec",
    "RolloutDefaults",
    "RouteSpec",
    "ScaleSpec",
    "ScrapeSpec",
    "ServiceSpec",
    "StorageSpec",
    "TargetSpec",
    "TelemetrySpec",
    "TlsSpec",
    "explain",
    "load_config",
    "parse_config",
]

MAX_CONFIG_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class PushSpec:
    """Metrics that a service pushes: those whose resource attributes equal ``match``."""

    name: Name
    service: Name
    match: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class ScaleSpec:
    """Limits of the size, the requests that one replica should hold, and how busy GPUs should be."""

    min: Annotated[int, Field(ge=0)] = 1
    max: Annotated[int, Field(ge=1)] = 10
    in_flight: Annotated[float, Field(gt=0)] = 4.0
    gpu_utilization: Annotated[Share, Field(gt=0, le=1)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class ProbeSpec:
    """A question that is asked again and again: is the version ready, is its answer right."""

    kind: Literal["ready", "inference"]
    every: Annotated[Seconds, Field(ge=0.2, le=3600)] = 5.0
    timeout: Annotated[Seconds, Field(ge=0.05, le=60)] = 2.0
    golden: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class BreakerSpec:
    """When a version is taken out of traffic, and how it comes back."""

    failure_rate: Share = 0.5
    slow_rate: Share = 0.8
    slow_call: Annotated[Seconds, Field(gt=0)] = 1.0
    window: Annotated[Seconds, Field(ge=1, le=3600)] = 30.0
    min_calls: Annotated[int, Field(ge=1)] = 20
    open_for: Annotated[Seconds, Field(ge=0.5)] = 30.0


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class ServiceSpec:
    """What is done for one service; every part may be left out."""

    route: RouteSpec | None = None
    rollout: RolloutDefaults = field(default_factory=RolloutDefaults)
    scale: ScaleSpec | None = None
    probes: tuple[ProbeSpec, ...] = ()
    breaker: BreakerSpec | None = None

    def __post_init__(self) -> None:
        """Refuse probes where no router says which versions there are to be asked."""
        if self.probes and self.route is not None and self.route.external:
            msg = "probes ask the versions that a router knows, and external knows none"
            raise ValueError(msg)
        if self.probes and self.route is not None and not self.route.addresses:
            msg = "probes ask at the route's url, so a flag with probes needs one, too"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class ReceiverSpec:
    """One way to tell people; secrets are references, env:NAME or file:/path."""

    kind: Name
    url: HttpUrl | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class NotifyRoute:
    """Alerts whose labels equal ``match`` go to the receiver ``to``; the first match wins."""

    to: str
    match: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class NotifySpec:
    """Receivers by name, and which alert goes to which.

    Attributes:
        vanished: After so long without a page of a service someone is called; 0 never.
    """

    receivers: dict[Name, tuple[ReceiverSpec, ...]] = field(default_factory=dict)
    routes: tuple[NotifyRoute, ...] = ()
    keep_firing: Annotated[Seconds, Field(ge=0, le=86400)] = 60.0
    vanished: Annotated[Seconds, Field(ge=0, le=86400)] = 300.0


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class ApiSpec:
    """Where the REST API listens."""

    listen: Annotated[
        str, Field(pattern=r"^[^\s:]+:[0-9]{1,5}$|^\[[0-9a-fA-F:]+\]:[0-9]{1,5}$")
    ] = "127.0.0.1:9470"


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class ScrapeSpec:
    """How targets are asked: so many at a time, which is cheap; 1 spreads them evenly."""

    group: Annotated[int, Field(ge=1, le=1000)] = 64


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class TelemetrySpec:
    """Where the plane's own traces go: a file of JSON, or nowhere."""

    traces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Config:
    """All of trimtab.yaml."""

    targets: tuple[TargetSpec, ...] = ()
    discovery: Annotated[tuple[DiscoverySpec, ...], Field(max_length=100)] = ()
    push: tuple[PushSpec, ...] = ()
    slos: tuple[str, ...] = ()
    freezes: Annotated[tuple[FreezeSpec, ...], Field(max_length=100)] = ()
    services: dict[Name, ServiceSpec] = field(default_factory=dict)
    notify: NotifySpec = field(default_factory=NotifySpec)
    registry: RegistrySpec | None = None
    storage: StorageSpec = field(default_factory=StorageSpec)
    api: ApiSpec = field(default_factory=ApiSpec)
    scrape: ScrapeSpec = field(default_factory=ScrapeSpec)
    telemetry: TelemetrySpec = field(default_factory=TelemetrySpec)


_CONFIG = TypeAdapter(Config)


def load_config(path: Path) -> Config:
    """Read trimtab.yaml.

    Raises:
        InvalidConfig: The message names the file, the place in it, and the nearest known key.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}."
        raise InvalidConfig(msg, hint="name the file with -c, or write one") from error
    if len(raw) > MAX_CONFIG_BYTES:
        msg = f"{path} is larger than {MAX_CONFIG_BYTES >> 20} MiB. Is it really a trimtab.yaml?"
        raise InvalidConfig(msg)
    return parse_config(raw.decode(errors="replace"), origin=str(path))


def parse_config(text: str, *, origin: str) -> Config:
    """Check the text of a trimtab.yaml; ``origin`` names it in errors.

    Raises:
        InvalidConfig: As for `load_config`.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        msg = f"{origin} is not YAML: {' '.join(str(error).split())}"
        raise InvalidConfig(msg) from error
    try:
        config = _CONFIG.validate_python({} if document is None else document)
    except ValidationError as error:
        raise InvalidConfig(f"{origin}: " + "; ".join(map(explain, error.errors()[:5]))) from error
    _check_names(config, origin)
    return config


def explain(error: Any) -> str:  # noqa: ANN401 -- pydantic's ErrorDetails is private
    """Return one pydantic complaint as one sentence: where, what, and the nearest known key."""
    place = ".".join(str(part) for part in error["loc"]) or "the document"
    if error["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        near = get_close_matches(str(error["loc"][-1]), _known_keys(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"{place} is not a known key.{hint}"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _known_keys() -> set[str]:
    specs = [value for value in globals().values() if hasattr(value, "__dataclass_fields__")]
    return {name for spec in specs for name in spec.__dataclass_fields__}


def _check_names(config: Config, origin: str) -> None:
    """Refuse names that point nowhere, and two sources of one name."""
    names = [t.name for t in config.targets] + [p.name for p in config.push]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"{origin}: two sources are called {twice[0]!r}; give each a name of its own."
        raise InvalidConfig(msg)
    if DEFAULT_ENGINE in config.storage.engines:
        msg = f"{origin}: storage.engines: {DEFAULT_ENGINE!r} stands for storage.series."
        raise InvalidConfig(msg, hint="choose another name")
    _check_followed(config, origin)
    for route in config.notify.routes:
        if route.to not in config.notify.receivers:
            known = ", ".join(sorted(config.notify.receivers)) or "none"
            msg = f"{origin}: notify.routes sends to {route.to!r}, which is no receiver."
            raise InvalidConfig(msg, hint=f"known receivers: {known}")
    for name, service in config.services.items():
        if service.scale is not None and service.scale.min > service.scale.max:
            limits = f"min {service.scale.min} is above max {service.scale.max}"
            msg = f"{origin}: services.{name}.scale: {limits}. Did you swap them?"
            raise InvalidConfig(msg)
        steps = service.rollout.steps
        if list(steps) != sorted(set(steps)):
            msg = f"{origin}: services.{name}.rollout.steps must rise, not {list(steps)}."
            raise InvalidConfig(msg)


def _check_followed(config: Config, origin: str) -> None:
    """Refuse a service that follows a registry and whose traffic nobody can move."""
    for each in () if config.registry is None else config.registry.mlflow.models:
        service = config.services.get(each.service)
        if service is None or service.route is None or service.route.external:
            ours = [n for n, s in config.services.items() if s.route and not s.route.external]
            msg = f"{origin}: registry.mlflow: the traffic of {each.service!r} is not ours to move."
            raise InvalidConfig(msg, hint=f"services that are: {', '.join(ours) or 'none'}")
