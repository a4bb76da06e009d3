"""What keeps a rollout from going forward that is no matter of its own: a freeze, a spent budget."""

from controlplane.decide.freeze import frozen
from controlplane.decide.gate import Gate, decide_gate
from controlplane.decide.rollout import Rollout, RolloutSpec
from controlplane.decide.rollout_plan import Strategy
from controlplane.gate_desk import standings_of
from controlplane.plane import Plane

__all__ = ["held", "held_back"]


def held(plane: Plane, rollout: Rollout) -> str:
    """Return why no step forward may be taken; empty when one may be, or an override says so.

    Judging what somebody else moves is no step, and goes on.
    """
    if rollout.spec.strategy is Strategy.OBSERVE:
        return ""
    return held_back(plane, rollout.spec)


def held_back(plane: Plane, spec: RolloutSpec) -> str:
    """Return why traffic should not go forward now, whoever moves it; empty where nothing holds it."""
    if spec.override:
        return ""
    why = frozen(plane.freezes, spec.service, now=plane.now())
    if why or not spec.budget_gate:
        return why
    found = decide_gate(standings_of(plane, spec.service), rollout=None)
    return "; ".join(found.reasons) if found.gate is Gate.CLOSED else ""
