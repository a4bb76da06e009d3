"""How rollouts go unless one says otherwise, and when none goes forward, as trimtab.yaml says it."""

from dataclasses import field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.dataclasses import dataclass

from controlplane.schemas.shape import Batch
from controlplane.target_spec import STRICT, Name
from controlplane.units import Seconds, Share, parse_seconds
from slo import InvalidSelector, parse_selectors

__all__ = [
    "ApprovalSpec",
    "FreezeSpec",
    "GaugeSpec",
    "Margin",
    "RollingSpec",
    "RolloutDefaults",
    "ShadowSpec",
    "StrategyName",
]

StrategyName = Literal[
    "canary", "blue-green", "immediate", "manual", "rolling", "shadow", "observe"
]
LEARNED = "learned"


def _warmup(value: Any) -> Any:  # noqa: ANN401 -- pydantic hands over what the file holds
    """Read a duration, or ``learned``, which is None.

    Raises:
        ValueError: It is neither.
    """
    if value is None or value == LEARNED:
        return None
    try:
        return parse_seconds(value)
    except ValueError as error:
        msg = f"{error}, or learned"
        raise ValueError(msg) from error


Warmup = Annotated[
    Annotated[float, Field(ge=0, le=86400)] | None, BeforeValidator(_warmup), Field()
]
Weight = Annotated[float, Field(gt=0, lt=100)]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Margin:
    """How much worse is still the same: an absolute rise of errors, and odds ratios."""

    errors: Share = 0.0005
    error_odds: Annotated[float, Field(ge=1, le=100)] = 1.5
    latency_odds: Annotated[float, Field(ge=1, le=100)] = 1.2


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class RollingSpec:
    """How replicas are taken over.

    Attributes:
        batch: How many at a time, or which share of them, such as ``25%``.
        max_unavailable: Replicas that may be away or changing at once; with more away it waits.
    """

    batch: Batch = "1"
    max_unavailable: Annotated[int, Field(ge=1, le=1000)] = 1


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class ShadowSpec:
    """How the answers of a mirrored version are held against the serving one's.

    Attributes:
        tolerance: Numbers are the same within ``tolerance * (1 + |live|)``.
        max_different: The share of answers that may differ; 100 % lets all.
    """

    tolerance: Annotated[float, Field(ge=0, le=1000)] = 0.001
    max_different: Annotated[Share, Field(ge=0.0001, le=1)] = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class ApprovalSpec:
    """A point where a person must say yes: before a weight in per cent; 100 is promotion."""

    name: Name
    before: Annotated[float, Field(gt=0, le=100)] = 100.0
    deadline: Annotated[Seconds, Field(gt=0, le=30 * 86400)] = 86_400.0
    default: Literal["approve", "reject"] = "reject"


def _as_series(text: str) -> str:
    """Check a query that is written for a gauge.

    Raises:
        ValueError: It is none.
    """
    try:
        parse_selectors(text)
    except InvalidSelector as error:
        raise ValueError(str(error)) from error
    return text


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class GaugeSpec:
    """A level of the replicas that is watched: GPU use, memory, the length of a queue.

    Attributes:
        name: Without series one of the levels that the server's kind shows.
        series: Which series of a replica's page are added, for example ``sum(queue_length)``.
        margin: Rise that counts as "no worse", in the gauge's own unit.
        action: What a higher level of the canary does.
    """

    name: Name
    series: Annotated[str, AfterValidator(_as_series), Field(max_length=4096)] | None = None
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    action: Literal["warn", "rollback"] = "warn"


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class RolloutDefaults:
    """How a service's rollouts go unless one says otherwise.

    Attributes:
        noise: Least replica noise (phi) that is assumed where too few replicas show theirs; what
            earlier rollouts of the service showed is assumed, too.
        spread: How much replicas are taken to differ in their odds of errors and slowness while too
            few show it; what earlier rollouts of the service showed takes its place bit by bit.
        gauges: Levels of the replicas that are watched, besides errors and latency.
        warmup: Seconds in which a canary's latency is no evidence, for fresh replicas are slower;
            None when they are learned from promoted rollouts of the service.
    """

    strategy: StrategyName = "canary"
    steps: Annotated[tuple[Weight, ...], Field(min_length=1, max_length=20)] = (5.0, 25.0, 50.0)
    soak: Annotated[Seconds, Field(ge=0, le=86400)] = 300.0
    min_requests: Annotated[int, Field(ge=0)] = 0
    horizon: Annotated[Seconds, Field(gt=0, le=604800)] = 3600.0
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    beta: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    margin: Margin = field(default_factory=Margin)
    rolling: RollingSpec = field(default_factory=RollingSpec)
    shadow: ShadowSpec = field(default_factory=ShadowSpec)
    tolerable_errors: Annotated[Share, Field(gt=0, lt=1)] = 0.01
    noise: Annotated[float, Field(ge=1, le=100)] = 1.0
    spread: Annotated[Share, Field(ge=0, le=1)] = 0.25
    warmup: Warmup = None
    promote_on_budget: bool = False
    approvals: Annotated[tuple[ApprovalSpec, ...], Field(max_length=10)] = ()
    gauges: Annotated[tuple[GaugeSpec, ...], Field(max_length=10)] = ()
    budget_gate: bool = False
    rollback_on_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class FreezeSpec:
    """A time in which no rollout goes forward, once or by a rule of RFC 5545; services by pattern."""

    name: Name
    start: datetime
    duration: Annotated[Seconds, Field(gt=0, le=90 * 86400)]
    rrule: Annotated[str, Field(max_length=500)] = ""
    services: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)] = ("*",)
