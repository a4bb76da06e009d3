"""The shapes of the REST API: what goes in (extra keys are refused) and what comes out.

JSON names are camelCase. Times are Unix seconds, durations seconds, weights per cent, shares [0, 1].
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "AlertOut",
    "AuditOut",
    "BreakerOut",
    "BudgetOut",
    "BurnOut",
    "DeliveryOut",
    "EventOut",
    "GpuDeviceOut",
    "GpuOut",
    "ProbeOut",
    "Problem",
    "RolloutIn",
    "RolloutOut",
    "RolloutSpecOut",
    "RolloutStatusOut",
    "RunbookRunIn",
    "RunbookRunOut",
    "RunbookStep",
    "ScalingOut",
    "ServiceOut",
    "SloOut",
    "SloSpecOut",
    "SloStatusOut",
    "TargetOut",
    "TargetSpecOut",
    "TargetStatusOut",
    "VerbIn",
]

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Text = Annotated[str, Field(max_length=4096)]


class Shape(BaseModel):
    """What every shape shares: camelCase in JSON, frozen, unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class Problem(Shape):
    """An error, as RFC 9457 has it, with a code for programs and a hint for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    errors: tuple[dict[str, str], ...] = ()


class TargetSpecOut(Shape):
    """What to watch."""

    url: str
    service: str
    version: str | None
    interval_seconds: float


class TargetStatusOut(Shape):
    """How the last scrape went; ``state`` is ``up``, ``unknown`` or ``down``, never a guess."""

    state: str
    reason: str
    last_scrape_at: float | None
    samples: int
    server: str | None


class TargetOut(Shape):
    """One metrics page that is watched."""

    name: str
    spec: TargetSpecOut
    status: TargetStatusOut


class SloSpecOut(Shape):
    """The promise, and how good is told from bad."""

    service: str
    description: str
    target: float
    window_seconds: float
    indicator: str


class BudgetOut(Shape):
    """The error budget over the SLO's window; shares are None without traffic."""

    good: int
    bad: int
    total: int
    allowed_bad: float
    spent_ratio: float | None
    remaining_ratio: float | None
    covered_seconds: float


class BurnOut(Shape):
    """One multi-window rule as it stands."""

    severity: str
    long_seconds: float
    short_seconds: float
    threshold: float
    burn_long: float | None
    burn_short: float | None
    firing: bool | None
    reason: str


class SloStatusOut(Shape):
    """The state of a promise: ``ok``, ``burning``, ``exhausted`` or ``unknown``, with reasons."""

    state: str
    reason: str
    budget: BudgetOut
    burn: tuple[BurnOut, ...]


class SloOut(Shape):
    """One service level objective."""

    name: str
    spec: SloSpecOut
    status: SloStatusOut


class RolloutIn(Shape):
    """A rollout to start. What is left out comes from the service's entry in trimtab.yaml."""

    service: Name
    version: Annotated[str, Field(min_length=1, max_length=255)]
    steps: Annotated[tuple[Annotated[float, Field(gt=0, lt=100)], ...], Field(max_length=20)] = ()
    soak_seconds: Annotated[float | None, Field(ge=0, le=86400)] = None
    min_requests: Annotated[int | None, Field(ge=0)] = None
    horizon_seconds: Annotated[float | None, Field(gt=0, le=604800)] = None


class RolloutSpecOut(Shape):
    """What was asked."""

    service: str
    version: str
    steps: tuple[float, ...]
    soak_seconds: float
    min_requests: int
    horizon_seconds: float
    alpha: float
    beta: float
    error_margin: float
    error_odds: float
    latency_odds: float
    tolerable_errors: float
    promote_on_budget: bool


class RolloutStatusOut(Shape):
    """How far it has come. ``evidence`` holds the odds against the canary by metric."""

    phase: str
    observed_generation: int
    baseline: str
    step: int
    weight: float
    canary_requests: int
    reasons: tuple[str, ...]
    verdict: str | None
    evidence: dict[str, Any] | None
    seconds: float


class RolloutOut(Shape):
    """One rollout."""

    id: str
    spec: RolloutSpecOut
    status: RolloutStatusOut
    created_at: float
    updated_at: float
    links: dict[str, str]


class VerbIn(Shape):
    """Why a person asks for a verb; it is written to the audit trail."""

    reason: Text = ""


class AlertOut(Shape):
    """One SLO at one severity: ``state`` is ``firing`` or ``resolved``."""

    key: str
    slo: str
    severity: str
    state: str
    episode: int
    starts_at: float
    ends_at: float | None
    labels: dict[str, str]
    annotations: dict[str, str]


class DeliveryOut(Shape):
    """One message to one receiver: ``state`` is ``pending``, ``delivered`` or ``dead``."""

    message_id: str
    receiver: str
    alert_key: str
    episode: int
    intent: str
    state: str
    attempts: int
    detail: str
    created_at: float
    delivered_at: float | None


class ScalingOut(Shape):
    """How many replicas a service should have; ``wanted`` is None while nothing is known."""

    service: str
    wanted: int | None
    seen: int
    in_flight: float | None
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


class ServiceOut(Shape):
    """One service: who serves it now."""

    name: str
    stable: str | None
    previous: str | None
    weights: dict[str, float] | None
    reason: str


class GpuDeviceOut(Shape):
    """One GPU."""

    index: int
    uuid: str
    name: str
    utilization_ratio: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None


class GpuOut(Shape):
    """What NVML says, or the plain reason why it says nothing."""

    source: str
    reason: str
    devices: tuple[GpuDeviceOut, ...]


class RunbookStep(Shape):
    """One step of a run: written before it starts and again when it ends."""

    name: str
    command: str
    state: str
    exit_code: int | None = None
    output: Annotated[str, Field(max_length=65536)] = ""
    started_at: float | None = None
    ended_at: float | None = None


class RunbookRunIn(Shape):
    """A run as its runner reports it."""

    runbook: Name
    mode: Annotated[str, Field(pattern="^(dry-run|real)$")]
    state: Annotated[str, Field(pattern="^(running|succeeded|failed|refused)$")]
    params: dict[str, Text] = Field(default_factory=dict, max_length=64)
    actor: Annotated[str, Field(max_length=255)]
    steps: Annotated[tuple[RunbookStep, ...], Field(max_length=200)] = ()


class RunbookRunOut(Shape):
    """One run of a runbook."""

    id: str
    runbook: str
    mode: str
    state: str
    params: dict[str, str]
    actor: str
    steps: tuple[RunbookStep, ...]
    started_at: float
    ended_at: float | None


class AuditOut(Shape):
    """Who did what to which object."""

    id: int
    at: float
    actor: str
    verb: str
    object: str
    detail: dict[str, Any]
    hash: str


class EventOut(Shape):
    """Something that happened, in words."""

    id: int
    at: float
    kind: str
    subject: str
    text: str
