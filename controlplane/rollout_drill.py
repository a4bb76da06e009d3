"""What a request for a drill means: a small share for a moment, and home again, not yet saved."""

from dataclasses import replace

from controlplane import rollout_draft
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_plan import Strategy
from controlplane.errors import Refused
from controlplane.plane import Plane
from controlplane.rollout_hold import held_back
from controlplane.schemas import DrillIn, RolloutIn

__all__ = ["draft_drill"]

UNSAID = "?"
REACHED_WITHIN_SECONDS = 120.0
"""A router that does not report the small share by then has failed the drill."""


def draft_drill(plane: Plane, asked: DrillIn) -> Rollout:
    """Return a drill: the smallest step of a service goes to a version that is kept warm, and home again.

    Raises:
        NotFound: No such service.
        Refused: No other version is kept warm, or a freeze holds it.
    """
    if asked.service in plane.watched:
        msg = f"Somebody else moves the traffic of {asked.service}, and takes it back as well."
        raise Refused(msg, hint="rehearse a rollback where it is moved")
    drafted = rollout_draft.draft(
        plane,
        RolloutIn(
            service=asked.service,
            version=asked.version or UNSAID,
            strategy=Strategy.MANUAL.value,
            steps=(_smallest_step(plane, asked),),
            soak_seconds=asked.hold_seconds,
            horizon_seconds=REACHED_WITHIN_SECONDS + asked.hold_seconds,
            override=asked.override,
        ),
    )
    version = asked.version or _warm_version(plane, asked.service)
    spec = replace(drafted.spec, version=version, strategy=Strategy.DRILL)
    why = held_back(plane, spec)
    if why:
        msg = f"No drill of {asked.service} now: {why}."
        raise Refused(msg, hint="wait for its end, or say why not with an override")
    return replace(drafted, spec=spec)


def _smallest_step(plane: Plane, asked: DrillIn) -> float:
    spec = plane.config.services.get(asked.service)
    usual = 1.0 if spec is None else min(spec.rollout.steps)
    return usual if asked.weight is None else asked.weight


def _warm_version(plane: Plane, service: str) -> str:
    """Return the version that served before, or the only other one that the router knows.

    Raises:
        Refused: There is none, or more than one.
    """
    standing, record = plane.live.traffic.get(service), plane.services.list().get(service)
    if standing is None or standing.weights is None or record is None:
        why = "not asked yet" if standing is None else standing.reason
        msg = f"The router of {service} does not say which versions it knows: {why}."
        raise Refused(msg, hint="trimtab doctor tells more")
    warm = sorted(version for version in standing.weights if version != record.stable)
    if record.previous in warm:
        return record.previous or ""
    if len(warm) != 1:
        msg = f"A drill of {service} needs one version that is kept warm beside {record.stable!r}."
        raise Refused(msg, hint=f"name one of: {', '.join(warm) or 'none that the router knows'}")
    return warm[0]
