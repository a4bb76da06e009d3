"""A rollout as data: what was asked, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from controlplane.decide.rollout_gauge import GaugeAction, GaugeAsked
from controlplane.decide.rollout_plan import ALL, Answer, Approval, Plan, Strategy
from controlplane.decide.rollout_state import FINAL, Event, Phase, advance
from controlplane.decide.weights import Shift

__all__ = ["Progress", "Rollout", "RolloutSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutSpec:
    """What was asked. Weights in per cent, times in seconds, error figures as shares.

    Attributes:
        service: Whose traffic moves.
        version: The canary.
        steps: Canary weights, rising; after the last comes promotion.
        soak_seconds: Least time at each step.
        min_requests: Least canary requests at each step.
        horizon_seconds: Time after which the analysis stops waiting for proof.
        alpha: Accepted chance of rolling back a canary that is no worse.
        beta: Accepted chance of promoting one that is worse than the margins.
        error_margin: Absolute rise of the error share that is never worth a rollback.
        error_odds: Odds ratio of errors that still counts as "no worse".
        latency_odds: The same for "slower than a bucket edge".
        tolerable_errors: An error share below which a canary is good enough on its own.
        promote_on_budget: Promote at the horizon although not everything was proven.
        prior_phi: Replica noise that is assumed where too few replicas show theirs; 1 is none.
        prior_spread: How much replicas are taken to differ before any shows it.
        warmup_seconds: Latency is no evidence before; None when that is learned.
        strategy: How traffic comes to it.
        approvals: Points where a person must say yes.
        budget_gate: Whether a spent error budget holds it.
        rollback_on_page: Whether a page of the service that fires while it runs sends it home.
        override: Why budget and freeze do not hold it; empty when they do.
        parent: The rollout that it tries again, or takes back; empty when none.
        tolerance: Within which numbers in the answers of two versions are the same, see `Mirror`.
        max_different: The share of a mirrored version's answers that may differ; 1 lets all.
        gauges: Levels of the replicas that are watched.
        max_unavailable: Replicas that may be away or changing at once, where each is taken over as a whole.
        against: The version it is compared with, where somebody else moves the traffic; else empty,
            and it is the one that serves.
        release: How whoever moves the traffic calls this release; empty when unsaid.
    """

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
    prior_phi: float = 1.0
    prior_spread: float = 0.25
    warmup_seconds: float | None = 0.0
    strategy: Strategy = Strategy.CANARY
    approvals: tuple[Approval, ...] = ()
    budget_gate: bool = False
    rollback_on_page: bool = False
    override: str = ""
    parent: str = ""
    against: str = ""
    release: str = ""
    tolerance: float = 0.001
    max_different: float = 0.01
    max_unavailable: int = 1
    gauges: tuple[GaugeAsked, ...] = ()

    @property
    def plan(self) -> Plan:
        """The part that `rollout_step.next_move` needs."""
        return Plan(
            steps=self.steps,
            soak_seconds=self.soak_seconds,
            min_requests=self.min_requests,
            strategy=self.strategy,
            approvals=self.approvals,
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "RolloutSpec":
        """Return what was saved as plain values."""
        approvals = (
            Approval(**each | {"default": Answer(each["default"])})
            for each in plain.get("approvals", ())
        )
        told = {
            "steps": tuple(plain["steps"]),
            "strategy": Strategy(plain.get("strategy", Strategy.CANARY)),
            "approvals": tuple(approvals),
            "gauges": tuple(map(_gauge, plain.get("gauges", ()))),
        }
        return cls(**{**plain, **told})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a rollout has come.

    Attributes:
        phase: See rollout_state.
        step: Index of the step it stands on.
        entered_at: When this phase and step were entered, Unix seconds.
        analysis_at: When canary traffic began; None before.
        baseline: The version that served when the rollout began; empty while pending.
        requests_before_step: Canary requests counted before this step.
        canary_requests: Canary requests counted so far.
        noise: Replica noise that earlier rollouts of the service showed when the analysis began.
        spread: How much replicas were taken to differ when the analysis began.
        spread_source: Who said so, in words; empty before.
        warmup: Seconds from which on latency is evidence.
        warmup_source: Who says so, in words; empty before the analysis began.
        warmup_rollouts: Ids of the rollouts that it was learned from.
        baseline_before_step: Baseline requests counted before this step.
        baseline_requests: Baseline requests counted so far.
        compared: Answers of a mirrored version that were held against the serving one's.
        different: Those that were not the same.
        share: What is seen of the canary's share at this step, in words; empty while nothing is.
        share_alarm: Whether the router does not keep the share it was asked for.
        reason: Why it is where it is, for a person.
        verdict: The analysis' last decision; empty before the first.
        evidence: Odds and counts behind it, as JSON; None before the first.
        approval: Name of the approval that is waited for; empty while none is.
        by_hand: Weight in per cent that a person set; None while the steps hold.
        queued: Whether it waits for another rollout of the service to end.
        transitions: Status of each condition, and when it took it; see rollout_conditions.
        cause: The event that brought it where it is; of an end, what decided it.
    """

    phase: Phase = Phase.PENDING
    step: int = 0
    entered_at: float = 0.0
    analysis_at: float | None = None
    baseline: str = ""
    requests_before_step: int = 0
    canary_requests: int = 0
    noise: float = 1.0
    spread: float = 0.25
    spread_source: str = ""
    warmup: float = 0.0
    warmup_source: str = ""
    warmup_rollouts: tuple[str, ...] = ()
    baseline_before_step: int = 0
    baseline_requests: int = 0
    compared: int = 0
    different: int = 0
    share: str = ""
    share_alarm: bool = False
    reason: str = "created"
    verdict: str = ""
    evidence: dict[str, object] | None = None
    approval: str = ""
    by_hand: float | None = None
    queued: bool = False
    cause: str = ""
    transitions: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One rollout. ``generation`` grows with each saved change."""

    id: str
    generation: int
    spec: RolloutSpec
    progress: Progress
    created_at: float
    updated_at: float

    @property
    def active(self) -> bool:
        """Whether something can still happen to it."""
        return self.progress.phase not in FINAL

    @property
    def weight(self) -> float:
        """The canary's weight that is asked for at the present step, in per cent."""
        if self.spec.strategy is Strategy.OBSERVE:
            return 0.0
        if self.progress.by_hand is not None:
            return self.progress.by_hand
        return self.spec.steps[self.progress.step] if self.spec.steps else ALL

    @property
    def alone(self) -> bool:
        """Whether at the present weight no other version serves."""
        return self.spec.plan.alone(self.weight)

    @property
    def shift(self) -> Shift | None:
        """What the traffic weights depend on; None while it moves no traffic."""
        if not self.active or not self.progress.baseline:
            return None
        if self.spec.strategy is Strategy.OBSERVE:
            return None
        return Shift(
            phase=self.progress.phase,
            baseline=self.progress.baseline,
            canary=self.spec.version,
            weight=self.weight,
            tolerance=self.spec.tolerance if self.spec.strategy is Strategy.SHADOW else None,
            at_once=self.spec.max_unavailable if self.spec.strategy is Strategy.ROLLING else None,
        )

    def take(self, event: Event, *, reason: str, now: float, approval: str = "") -> "Rollout":
        """Return the rollout after an event.

        Args:
            event: What happened.
            reason: In words.
            now: Unix seconds.
            approval: The one that is waited for from now on.

        Raises:
            IllegalTransition: The phase does not accept the event.
        """
        was = self.progress
        passed = 1 if event in (Event.STEP_PASSED, Event.APPROVED) else 0
        progress = replace(
            was,
            phase=advance(was.phase, event),
            step=was.step + passed,
            entered_at=now,
            requests_before_step=was.canary_requests,
            baseline_before_step=was.baseline_requests,
            share="",
            share_alarm=False,
            reason=reason,
            approval=approval,
            cause=was.cause if event is Event.WEIGHT_REACHED else event.value,
        )
        return replace(self, progress=progress, generation=self.generation + 1, updated_at=now)

    def waiting(self, reason: str) -> "Rollout":
        """Return the rollout where it is, with the reason why it is still there."""
        return replace(self, progress=replace(self.progress, reason=reason))

    def weighed(self, weight: float, *, reason: str, now: float) -> "Rollout":
        """Return the rollout with a weight that a person set.

        Raises:
            IllegalTransition: Its phase does not accept one.
        """
        moved = self.take(Event.WEIGHT_SET, reason=reason, now=now)
        return replace(moved, progress=replace(moved.progress, by_hand=weight))

    def dequeued(self, *, now: float) -> "Rollout":
        """Return the rollout whose turn it is."""
        progress = replace(self.progress, queued=False, entered_at=now, reason="its turn has come")
        return replace(self, progress=progress, generation=self.generation + 1, updated_at=now)

    def step_begins(self, now: float) -> "Rollout":
        """Return the rollout with its step counted from now: the weight is not there yet."""
        was = self.progress
        progress = replace(
            was,
            entered_at=now,
            requests_before_step=was.canary_requests,
            baseline_before_step=was.baseline_requests,
        )
        return replace(self, progress=progress)

    def measured_against(self, baseline: str, *, now: float, noise: float = 1.0) -> "Rollout":
        """Return the rollout with the version it is compared with; the analysis begins now."""
        progress = replace(self.progress, baseline=baseline, noise=noise, analysis_at=now)
        return replace(self, progress=progress)

    def expecting(self, spread: float, source: str) -> "Rollout":
        """Return the rollout with how much its replicas are taken to differ."""
        progress = replace(self.progress, spread=spread, spread_source=source)
        return replace(self, progress=progress)

    def warmed_up(self, seconds: float, source: str, rollouts: tuple[str, ...]) -> "Rollout":
        """Return the rollout with the time from which on its latency is evidence."""
        progress = replace(
            self.progress, warmup=seconds, warmup_source=source, warmup_rollouts=rollouts
        )
        return replace(self, progress=progress)


def _gauge(plain: Mapping[str, Any]) -> GaugeAsked:
    return GaugeAsked(**{**plain, "action": GaugeAction(plain["action"])})
