"""Shapes of rollouts."""

from typing import Annotated, Any, Literal

from pydantic import Field

from controlplane.schemas.shape import Batch, Name, Shape, Text

__all__ = [
    "ApprovalIn",
    "ConditionOut",
    "DrillIn",
    "GaugeIn",
    "LintOut",
    "RolloutIn",
    "RolloutOut",
    "RolloutSpecOut",
    "RolloutStatusOut",
    "ShareIn",
    "UndoIn",
    "VerbIn",
]


class ApprovalIn(Shape):
    """A point where a person must say yes: before a weight in per cent; 100 is promotion."""

    name: Name
    before: Annotated[float, Field(gt=0, le=100)] = 100.0
    deadline_seconds: Annotated[float, Field(gt=0, le=30 * 86400)] = 86_400.0
    default: Literal["approve", "reject"] = "reject"


class GaugeIn(Shape):
    """A level of the replicas that is watched; see ``gauges`` in trimtab.yaml.

    Attributes:
        name: Without series one of the levels that the server's kind shows.
        series: Which series of a replica's page are added.
        margin: Rise that counts as "no worse", in the gauge's own unit.
        action: What a higher level of the canary does.
    """

    name: Name
    series: Text = ""
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    action: Literal["warn", "rollback"] = "warn"


class RolloutIn(Shape):
    """A rollout to start. What is left out comes from the service's entry in trimtab.yaml.

    Attributes:
        on_conflict: What becomes of a rollout of the service that is under way: it is superseded,
            waited for, or in the way.
        batch: How many replicas are taken over at a time, or which share of them, such as ``25%``.
        max_unavailable: Replicas that may be away or changing at once.
        max_different: The share of a mirrored version's answers that may differ; 1 lets all.
        override: Why neither a freeze nor a spent budget holds it; it is written down.
        against: The version it is compared with, where somebody else moves the traffic.
        release: How whoever moves it calls this release.
        gauges: Levels that are watched; an empty list watches none.
        warmup_seconds: Time in which latency is no evidence, or that it is to be learned.
    """

    service: Name
    version: Annotated[str, Field(min_length=1, max_length=255)]
    steps: Annotated[tuple[Annotated[float, Field(gt=0, le=100)], ...], Field(max_length=20)] = ()
    soak_seconds: Annotated[float | None, Field(ge=0, le=86400)] = None
    min_requests: Annotated[int | None, Field(ge=0)] = None
    horizon_seconds: Annotated[float | None, Field(gt=0, le=604800)] = None
    strategy: (
        Literal["canary", "blue-green", "immediate", "manual", "rolling", "shadow", "observe"]
        | None
    ) = None
    batch: Batch | None = None
    max_unavailable: Annotated[int | None, Field(ge=1, le=1000)] = None
    max_different: Annotated[float | None, Field(ge=0.0001, le=1)] = None
    approvals: Annotated[tuple[ApprovalIn, ...], Field(max_length=10)] = ()
    on_conflict: Literal["supersede", "queue", "refuse"] = "supersede"
    override: Text = ""
    against: Annotated[str, Field(max_length=255)] = ""
    release: Annotated[str, Field(max_length=255)] = ""
    gauges: Annotated[tuple[GaugeIn, ...], Field(max_length=10)] | None = None
    warmup_seconds: Annotated[float, Field(ge=0, le=86400)] | Literal["learned"] | None = None


class DrillIn(Shape):
    """A rollback that is to be rehearsed.

    Attributes:
        service: Whose.
        version: That is given the share; one that is kept warm when left out.
        weight: The share, in per cent; the service's smallest step when left out.
        hold_seconds: How long it keeps it.
        override: Why neither a freeze nor a spent budget holds it; it is written down.
        on_conflict: Whether a rollout that is under way is waited for, or in the way.
    """

    service: Name
    version: Annotated[str, Field(max_length=255)] = ""
    weight: Annotated[float | None, Field(gt=0, lt=100)] = None
    hold_seconds: Annotated[float, Field(ge=0, le=3600)] = 2.0
    override: Text = ""
    on_conflict: Literal["queue", "refuse"] = "refuse"


class LintOut(Shape):
    """One finding about how rollouts of a service are configured.

    Attributes:
        service: Whose.
        code: For programs.
        note: Whether it works all the same, only less well.
        fact: What is so.
        fix: What to do about it.
    """

    service: str
    code: str
    note: bool
    fact: str
    fix: str


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
    prior_phi: float
    prior_spread: float
    warmup_seconds: float | None
    strategy: str
    approvals: tuple[ApprovalIn, ...]
    budget_gate: bool
    rollback_on_page: bool
    override: str
    parent: str
    against: str = ""
    release: str = ""
    tolerance: float = 0.001
    max_different: float = 0.01
    max_unavailable: int = 1
    gauges: tuple[GaugeIn, ...] = ()


class ConditionOut(Shape):
    """One thing that is so, or not, with a code for programs and words for people.

    Attributes:
        type: What it is about.
        status: ``True``, ``False`` or ``Unknown``.
        reason: A code.
        message: Words.
        last_transition_at: When it took this status, Unix seconds.
    """

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    last_transition_at: float


class RolloutStatusOut(Shape):
    """How far it has come. ``evidence`` holds the odds against the canary by metric.

    Attributes:
        weight: That is asked for at the step, in per cent; of a shadow, the share that is mirrored.
        compared: Answers of a mirrored version that were held against the serving one's.
        different: Those that were not the same.
        approval: Name of the approval that is waited for.
        deadline_at: When the approval's default answers, Unix seconds.
        queued: Whether another rollout of the service goes first.
        noise: Replica noise that earlier rollouts showed; 1 when none did.
        warmup_seconds: From when on latency is evidence, since the analysis began.
        warmup_source: Who says so: the configuration, or promoted rollouts.
        outcome: How it ended: ``promoted``, ``rolled_back``, ``aborted``, ``inconclusive``,
            ``superseded``, ``failed`` or ``drilled``; None while it has not.
        weight: That is asked for, in per cent; None where somebody else moves the traffic.
    """

    phase: str
    observed_generation: int
    baseline: str
    step: int
    weight: float | None
    canary_requests: int
    reasons: tuple[str, ...]
    verdict: str | None
    evidence: dict[str, Any] | None
    seconds: float
    conditions: tuple[ConditionOut, ...] = ()
    approval: str | None = None
    deadline_at: float | None = None
    queued: bool = False
    noise: float = 1.0
    warmup_seconds: float = 0.0
    warmup_source: str = ""
    outcome: str | None = None
    compared: int = 0
    different: int = 0


class RolloutOut(Shape):
    """One rollout."""

    id: str
    spec: RolloutSpecOut
    status: RolloutStatusOut
    created_at: float
    updated_at: float
    links: dict[str, str]


class ShareIn(Shape):
    """A weight in per cent that a person sets, and why."""

    weight: Annotated[float, Field(ge=0, le=100)]
    reason: Text = ""


class UndoIn(Shape):
    """To which version a rollout is taken back: the one before it when left out."""

    version: Annotated[str, Field(max_length=255)] = ""


class VerbIn(Shape):
    """Why a person asks for a verb; it is written to the audit trail."""

    reason: Text = ""
