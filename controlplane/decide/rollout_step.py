"""What a rollout does next, given what is seen of it now."""

from dataclasses import dataclass
from math import inf

from canary_analysis import Decision
from controlplane.decide.rollout_plan import Answer, Approval, Plan, Strategy
from controlplane.decide.rollout_state import Event, Phase

__all__ = ["Move", "Sight", "next_move"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is seen of a rollout at one moment.

    Attributes:
        phase: As saved.
        step: Index into ``Plan.steps`` of the step it stands on.
        seconds_in_step: Since the step (or the pending phase, or the pause) was entered.
        requests_in_step: Canary requests counted since then.
        weight_reached: The router reports the wanted weights; None when it cannot be asked.
        canary_ready: Result of the readiness probe; None when unknown.
        breaker_open: The canary's circuit breaker is open.
        finding: What the analysis says now; None before it has begun.
        serves_already: The version is the stable one.
        horizon_over: The time for proof is over.
        finding_reason: Why, for a person.
        held: Why no step forward is taken: a freeze, a spent budget; empty when one may be.
        differs: Why the answers of a mirrored version differ too much; empty when they do not.
        unlike: What is not known yet of its answers; empty when they are known to be the same.
        away: Replicas that do not answer; empty when all do.
        guard: What has gone so wrong that no statistics are needed; empty when nothing has.
        approval: Name of the approval that is waited for; empty while none is.
        figures_age: Seconds since the canary's figures were last read; None when they never were.
        stale_seconds: After so long they say nothing of now.
        by_hand: Weight in per cent that a person set; None while the steps hold.
    """

    phase: Phase
    step: int
    seconds_in_step: float
    requests_in_step: int
    weight_reached: bool | None
    canary_ready: bool | None
    breaker_open: bool
    finding: Decision | None
    serves_already: bool = False
    horizon_over: bool = False
    finding_reason: str = ""
    held: str = ""
    differs: str = ""
    unlike: str = ""
    away: str = ""
    guard: str = ""
    approval: str = ""
    figures_age: float | None = 0.0
    stale_seconds: float = inf
    by_hand: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The next event, or None to stay, and why.

    Attributes:
        event: What happens.
        reason: In words.
        approval: The approval that is waited for from now on.
        held: Whether it stays although it could go: what it waits for is not its own.
    """

    event: Event | None
    reason: str
    approval: str = ""
    held: bool = False


def next_move(plan: Plan, sight: Sight) -> Move:
    """Decide one move. Danger is looked at first, progress last.

    >>> plan = Plan(steps=(5.0, 50.0), soak_seconds=60.0)
    >>> bad = Sight(phase=Phase.PROGRESSING, step=0, seconds_in_step=9.0, requests_in_step=200,
    ...             weight_reached=True, canary_ready=True, breaker_open=False,
    ...             finding=Decision.ROLLBACK, finding_reason="14 errors of 200")
    >>> next_move(plan, bad).event
    <Event.CANARY_FAILED: 'canary_failed'>
    """
    if sight.phase is Phase.PENDING:
        return _leave_pending(plan, sight)
    if sight.phase in (Phase.PROMOTING, Phase.ROLLING_BACK):
        return _finish(sight)
    if sight.phase not in (Phase.PROGRESSING, Phase.PAUSED):
        return Move(event=None, reason=f"{sight.phase} is final")
    danger = _danger(sight)
    if danger:
        return Move(event=Event.CANARY_FAILED, reason=danger)
    if sight.phase is Phase.PAUSED:
        return _wait_for_people(plan, sight)
    return WAYS.get(plan.strategy, _progress)(plan, sight)


def _danger(sight: Sight) -> str:
    if sight.breaker_open:
        return "the canary's circuit breaker opened"
    if sight.guard or sight.differs:
        return sight.guard or sight.differs
    return sight.finding_reason or "worse" if sight.finding is Decision.ROLLBACK else ""


def _leave_pending(plan: Plan, sight: Sight) -> Move:
    if sight.serves_already:
        return Move(event=Event.GAVE_UP, reason="the version already serves all traffic")
    if sight.held:
        return Move(event=None, reason=sight.held, held=True)
    if sight.canary_ready and plan.strategy is Strategy.IMMEDIATE:
        return Move(event=Event.CUT_OVER, reason="the version is ready")
    if sight.canary_ready:
        return Move(event=Event.CANARY_READY, reason="the canary is ready")
    if sight.seconds_in_step >= plan.ready_within_seconds:
        waited = f"the canary was not ready within {plan.ready_within_seconds:g} s"
        return Move(event=Event.GAVE_UP, reason=waited)
    return Move(event=None, reason="waiting until the canary is ready")


def _finish(sight: Sight) -> Move:
    if sight.weight_reached:
        return Move(event=Event.WEIGHT_REACHED, reason="the router reports the final weights")
    if sight.away:
        return Move(event=None, reason=f"waiting for {sight.away}, which does not answer")
    return Move(event=None, reason="waiting until the router reports the final weights")


def _wait_for_people(plan: Plan, sight: Sight) -> Move:
    approval = plan.named(sight.approval)
    if approval is None:
        return Move(event=None, reason="paused: waiting for a person to resume, promote or abort")
    left = approval.deadline_seconds - sight.seconds_in_step
    if left > 0.0:
        waits = f"waiting for approval {approval.name!r}, {left:.0f} s more"
        return Move(event=None, reason=f"{waits}; then: {approval.default}")
    over = f"nobody answered {approval.name!r} in time; the default is to {approval.default}"
    if approval.default is Answer.REJECT:
        return Move(event=Event.REJECTED, reason=over)
    if sight.held or _blind(sight):
        return Move(event=None, reason=sight.held or _blind(sight))
    last = sight.step + 1 == len(plan.steps)
    return Move(event=Event.LAST_APPROVED if last else Event.APPROVED, reason=over)


def _progress(plan: Plan, sight: Sight) -> Move:
    waiting = _waiting(plan, sight)
    if waiting:
        return Move(event=None, reason=waiting)
    if plan.strategy is Strategy.MANUAL:
        return Move(event=None, reason="waiting for a person to set the weight or to promote")
    if sight.step + 1 < len(plan.steps):
        weight = plan.steps[sight.step]
        why = f"no evidence against it at {weight:g} %"
        return _forward(plan, sight, Event.STEP_PASSED, why)
    if plan.alone(plan.steps[sight.step]):
        why = f"it served all traffic for {sight.seconds_in_step:.0f} s without alarm"
        return _forward(plan, sight, Event.LAST_STEP_PASSED, why)
    return _prove(plan, sight)


def _prove(plan: Plan, sight: Sight) -> Move:
    """Wait for proof at the last step, until there is no more time."""
    proven = sight.finding in (Decision.PROMOTE, Decision.PROMOTE_ON_BUDGET)
    if proven and not sight.unlike:
        return _forward(plan, sight, Event.LAST_STEP_PASSED, sight.finding_reason)
    lack = sight.unlike if proven else sight.finding_reason
    if sight.horizon_over:
        return Move(event=Event.GAVE_UP, reason=f"no proof in time: {lack}")
    return Move(event=None, reason=lack or "not yet proven good enough")


def _drill(plan: Plan, sight: Sight) -> Move:
    """Hold the small share for a moment, then go home."""
    weight = plan.steps[sight.step]
    left = plan.soak_seconds - sight.seconds_in_step
    if sight.weight_reached and left <= 0.0:
        return Move(event=Event.DRILL_DONE, reason=f"the drill had its {weight:g} %")
    if sight.horizon_over:
        return Move(event=Event.GAVE_UP, reason=f"the router never reported {weight:g} %")
    if not sight.weight_reached:
        return Move(event=None, reason=f"waiting until the router reports {weight:g} %")
    return Move(event=None, reason=f"the drill holds {weight:g} % for {left:.1f} s more")


def _observe(_plan: Plan, sight: Sight) -> Move:
    """Judge for as long as there is time: what looks good at a small share may not at a large one."""
    if sight.figures_age is None:
        return Move(event=None, reason=_blind(sight))
    if not sight.horizon_over:
        return Move(event=None, reason=sight.finding_reason or "no data yet")
    if sight.finding in (Decision.PROMOTE, Decision.PROMOTE_ON_BUDGET):
        return Move(event=Event.LAST_STEP_PASSED, reason=sight.finding_reason)
    return Move(event=Event.GAVE_UP, reason=f"no proof in time: {sight.finding_reason}")


def _forward(plan: Plan, sight: Sight, event: Event, why: str) -> Move:
    """Take a step forward, unless something holds it or a person must say yes first."""
    if sight.held:
        return Move(event=None, reason=sight.held)
    approval: Approval | None = plan.approval_after(sight.step)
    if approval is not None:
        asks = f"{why}; approval {approval.name!r} is needed to go on"
        return Move(event=Event.APPROVAL_NEEDED, reason=asks, approval=approval.name)
    return Move(event=event, reason=why)


def _waiting(plan: Plan, sight: Sight) -> str:
    """Return why the step is not over yet; empty when it is."""
    weight = plan.steps[sight.step] if sight.by_hand is None else sight.by_hand
    unset = _unset(plan, sight, weight)
    if unset:
        return unset
    if sight.seconds_in_step < plan.soak_seconds:
        left = plan.soak_seconds - sight.seconds_in_step
        return f"soaking at {weight:g} % for {left:.0f} s more"
    # A step that no request passed through has shown nothing, whatever was seen before it.
    lack = max(1, plan.min_requests) - sight.requests_in_step
    if lack > 0:
        return f"{lack} more canary requests needed at {weight:g} %"
    if not plan.alone(weight) and sight.finding in (None, Decision.INVALID):
        return f"no valid verdict yet: {sight.finding_reason or 'no data'}"
    age = sight.figures_age
    if age is not None and sight.seconds_in_step - age < plan.soak_seconds:
        return f"the figures of the whole soak at {weight:g} % are still to be read"
    return _blind(sight)


def _blind(sight: Sight) -> str:
    """Return why nothing is known of the canary just now; empty when something is.

    A control plane that comes back after its soak was over has read nothing yet.
    """
    if sight.figures_age is None:
        return "no figures of the canary were read yet"
    if sight.figures_age > sight.stale_seconds:
        return f"no figures of the canary were read for {sight.figures_age:.0f} s"
    return ""


WAYS = {Strategy.OBSERVE: _observe, Strategy.DRILL: _drill}
"""Strategies that go forward by rules of their own."""


def _unset(plan: Plan, sight: Sight, weight: float) -> str:
    """Return why traffic is not yet where the step wants it; empty when it is."""
    if sight.away:
        return f"waiting for {sight.away}, which does not answer"
    if not sight.weight_reached:
        return f"waiting until the router reports {weight:g} %"
    if plan.strategy is Strategy.ROLLING and not sight.canary_ready:
        return "waiting until the version is ready on the replicas that were taken over"
    return ""
