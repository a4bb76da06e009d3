"""What a request for a rollout means: a rollout that is not yet saved."""

from dataclasses import replace

from controlplane.canary_gauges import check_gauges
from controlplane.decide.rollout import Progress, Rollout, RolloutSpec
from controlplane.decide.rollout_gauge import GaugeAction, GaugeAsked
from controlplane.decide.rollout_plan import ALL, Answer, Approval, Strategy
from controlplane.decide.rollout_state import Phase
from controlplane.decide.route import batches
from controlplane.errors import NotFound, Refused
from controlplane.plane import Plane
from controlplane.rollout_config import ApprovalSpec, GaugeSpec, RolloutDefaults
from controlplane.rollout_fit import check_fit
from controlplane.routers import replicas_of
from controlplane.schemas import ApprovalIn, GaugeIn, RolloutIn

__all__ = ["again", "back", "draft"]


def draft(plane: Plane, asked: RolloutIn) -> Rollout:
    """Return the rollout that this request means, not yet saved.

    Raises:
        NotFound: No such service.
        Refused: The service has no route, or steps, approvals or gauges cannot be.
    """
    spec = plane.config.services.get(asked.service)
    if spec is None:
        known = ", ".join(sorted(plane.config.services)) or "none"
        msg = f"No service {asked.service!r}."
        raise NotFound(msg, hint=f"known services: {known}")
    if spec.route is None:
        msg = f"Service {asked.service!r} has no route, so nobody can move its traffic."
        raise Refused(msg, hint=f"add services.{asked.service}.route to trimtab.yaml")
    external = spec.route.external
    replicas = 0 if external else len(replicas_of(plane.routers[asked.service]))
    drafted = _spec(spec.rollout, asked, external=external, replicas=replicas)
    check_fit(plane, asked.service, drafted.strategy)
    check_gauges(drafted.gauges, plane.profile_of(asked.service))
    return _renewed(plane, drafted)


def again(plane: Plane, rollout_id: str) -> Rollout:
    """Return a rollout that tries one again that has ended without success, not yet saved.

    Raises:
        NotFound: No such rollout.
        Refused: It is under way, or it succeeded.
    """
    rollout = plane.rollouts.get(rollout_id)
    if rollout.active or rollout.progress.phase is Phase.SUCCEEDED:
        msg = f"Rollout {rollout_id} is {rollout.progress.phase}; there is nothing to try again."
        raise Refused(msg)
    return _renewed(plane, replace(rollout.spec, parent=rollout.id))


def back(plane: Plane, rollout_id: str, *, version: str = "") -> Rollout:
    """Return a rollout that takes one back that succeeded, at once, not yet saved.

    Args:
        plane: The plane.
        rollout_id: The one that succeeded.
        version: To which version; the one that served before it when empty.

    Raises:
        NotFound: No such rollout.
        Refused: It did not succeed, or the version is not kept warm.
    """
    rollout = plane.rollouts.get(rollout_id)
    if rollout.progress.phase is not Phase.SUCCEEDED:
        msg = (
            f"Rollout {rollout_id} is {rollout.progress.phase}; only what succeeded is taken back."
        )
        raise Refused(msg, hint="abort takes back what is under way")
    if not rollout.spec.strategy.moves_traffic:
        msg = f"Rollout {rollout_id} moved no traffic, so there is nothing to take back."
        raise Refused(msg)
    wanted = version or rollout.progress.baseline
    standing = plane.live.traffic.get(rollout.spec.service)
    warm = () if standing is None or standing.weights is None else tuple(standing.weights)
    if wanted not in warm:
        msg = f"Version {wanted!r} of {rollout.spec.service} is not kept warm."
        raise Refused(msg, hint=f"the router knows {', '.join(sorted(warm)) or 'none just now'}")
    spec = replace(
        rollout.spec,
        version=wanted,
        steps=(),
        strategy=Strategy.IMMEDIATE,
        approvals=(),
        parent=rollout.id,
        override=f"takes back {rollout.id}",
    )
    return _renewed(plane, spec)


def _renewed(plane: Plane, spec: RolloutSpec) -> Rollout:
    now = plane.now()
    return Rollout(
        id=f"r-{plane.rng.bytes(5).hex()}",
        generation=1,
        spec=spec,
        progress=Progress(entered_at=now),
        created_at=now,
        updated_at=now,
    )


def _spec(
    usual: RolloutDefaults, asked: RolloutIn, *, external: bool, replicas: int
) -> RolloutSpec:
    """Return what a request means, given what a service's rollouts usually are.

    Raises:
        Refused: Steps, approvals or strategy cannot be.
    """
    strategy = Strategy(asked.strategy or (Strategy.OBSERVE if external else usual.strategy))
    _check_mover(asked, strategy, external=external)
    if strategy is Strategy.ROLLING:
        steps = _batches(usual, asked, replicas)
    else:
        steps = _steps(strategy, asked.steps or usual.steps)
    approvals = _approvals(usual, asked, strategy)
    _check_approvals(approvals, steps, strategy)
    return RolloutSpec(
        service=asked.service,
        version=asked.version,
        steps=steps,
        soak_seconds=usual.soak if asked.soak_seconds is None else asked.soak_seconds,
        min_requests=usual.min_requests if asked.min_requests is None else asked.min_requests,
        horizon_seconds=usual.horizon if asked.horizon_seconds is None else asked.horizon_seconds,
        alpha=usual.alpha,
        beta=usual.beta,
        error_margin=usual.margin.errors,
        error_odds=usual.margin.error_odds,
        latency_odds=usual.margin.latency_odds,
        tolerable_errors=usual.tolerable_errors,
        promote_on_budget=usual.promote_on_budget,
        prior_phi=usual.noise,
        prior_spread=usual.spread,
        warmup_seconds=_warmup(usual, asked),
        strategy=strategy,
        approvals=approvals,
        budget_gate=usual.budget_gate,
        rollback_on_page=usual.rollback_on_page,
        override=asked.override,
        against=asked.against,
        release=asked.release,
        tolerance=usual.shadow.tolerance,
        max_unavailable=asked.max_unavailable or usual.rolling.max_unavailable,
        max_different=usual.shadow.max_different
        if asked.max_different is None
        else asked.max_different,
        gauges=_gauges(usual, asked),
    )


def _warmup(usual: RolloutDefaults, asked: RolloutIn) -> float | None:
    """Return the warm-up that is wished for; None when it is to be learned."""
    wished = asked.warmup_seconds
    if wished is None:
        return usual.warmup
    return wished if isinstance(wished, float) else None


def _gauges(usual: RolloutDefaults, asked: RolloutIn) -> tuple[GaugeAsked, ...]:
    """Return the gauges that a request names; those that are usual when it says nothing of them."""
    named: tuple[GaugeIn | GaugeSpec, ...] = usual.gauges if asked.gauges is None else asked.gauges
    return tuple(
        GaugeAsked(
            name=each.name,
            series=each.series or "",
            margin=each.margin,
            action=GaugeAction(each.action),
        )
        for each in named
    )


def _check_mover(asked: RolloutIn, strategy: Strategy, *, external: bool) -> None:
    """Refuse to move what somebody else moves, and to only watch what nobody else does.

    Raises:
        Refused: The strategy does not fit the route, or no other version is named beside it.
    """
    name = asked.service
    if external != (strategy is Strategy.OBSERVE):
        msg = (
            f"Somebody else moves the traffic of {name}; its rollouts are observed, not {strategy}."
            if external
            else f"Trimtab moves the traffic of {name}, so there is nobody whose rollout it observes."
        )
        fix = "name its router" if external else "write router: external where somebody else does"
        raise Refused(msg, hint=f"services.{name}.route: {fix}")
    if external and asked.against in ("", asked.version):
        msg = f"A rollout that is observed needs the version it is compared with, not {asked.against!r}."
        raise Refused(msg, hint="against: the version that served before")
    if not external and asked.against:
        msg = "Only a rollout that is observed says what it is compared with."
        raise Refused(msg, hint="leave 'against' out: it is the version that serves")


def _approvals(
    usual: RolloutDefaults, asked: RolloutIn, strategy: Strategy
) -> tuple[Approval, ...]:
    """Return the approvals that a request names; those that are usual when it names none.

    What is usual is asked for before traffic moves, and a mirror moves none.
    """
    named: list[tuple[ApprovalIn | ApprovalSpec, float]]
    named = [(each, each.deadline_seconds) for each in asked.approvals]
    if not named and strategy is not Strategy.SHADOW:
        named = [(each, each.deadline) for each in usual.approvals]
    return tuple(
        Approval(
            name=each.name,
            before=each.before,
            deadline_seconds=seconds,
            default=Answer(each.default),
        )
        for each, seconds in named
    )


def _batches(usual: RolloutDefaults, asked: RolloutIn, replicas: int) -> tuple[float, ...]:
    """Return the weights in per cent after each batch of replicas but the last.

    Raises:
        Refused: Weights are asked for, or no replica is left to compare with.
    """
    if asked.steps:
        msg = "A rolling rollout has batches of replicas, not steps in per cent."
        raise Refused(msg, hint="ask with batch, such as 1 or 25%")
    batch = asked.batch or usual.rolling.batch
    found = batches(batch, replicas)
    if not found:
        msg = f"A batch of {batch} is all of {replicas}: no replica is left to compare with."
        raise Refused(
            msg, hint="rolling needs services.<name>.route.urls with two replicas or more"
        )
    return found


def _steps(strategy: Strategy, steps: tuple[float, ...]) -> tuple[float, ...]:
    """Return the weights of a strategy, in per cent.

    Raises:
        Refused: They do not rise.
    """
    if strategy in (Strategy.IMMEDIATE, Strategy.OBSERVE):
        return ()
    if strategy is Strategy.BLUE_GREEN:
        return (ALL,)
    if strategy is Strategy.MANUAL:
        return steps[:1]
    if list(steps) != sorted(set(steps)):
        msg = f"steps must rise, not {list(steps)}."
        raise Refused(msg)
    if steps[-1] >= ALL and strategy is not Strategy.SHADOW:
        msg = f"steps must be below 100, not {list(steps)}: after the last comes promotion."
        raise Refused(msg)
    return steps


def _check_approvals(
    approvals: tuple[Approval, ...], steps: tuple[float, ...], strategy: Strategy
) -> None:
    names = [each.name for each in approvals]
    if len(set(names)) < len(names):
        msg = f"Two approvals have one name: {', '.join(names)}."
        raise Refused(msg)
    if approvals and strategy not in (Strategy.CANARY, Strategy.BLUE_GREEN, Strategy.ROLLING):
        msg = f"A rollout that is {strategy} stops at no approval."
        raise Refused(msg, hint="use strategy canary, rolling or blue-green")
    early = [each for each in approvals if steps and each.before <= steps[0]]
    if early and strategy in (Strategy.CANARY, Strategy.ROLLING):
        msg = f"Approval {early[0].name!r} is before the first step, {steps[0]:g} %."
        raise Refused(msg, hint="whoever starts a rollout approves of its first step")
