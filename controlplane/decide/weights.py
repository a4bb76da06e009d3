"""Which version should get which share of a service's traffic."""

from collections.abc import Mapping
from dataclasses import dataclass

from controlplane.decide.rollout_state import Phase

__all__ = ["Shift", "Weights", "wanted_weights"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The part of a running rollout that weights depend on.

    Attributes:
        phase: Phase as saved.
        baseline: Version that served before.
        canary: Version that is tried.
        weight: The canary's weight at the present step, in per cent.
        tolerance: For comparing answers, where that share is mirrored and no traffic moves; None where
            it moves.
        at_once: How many replicas may be away or changing at the same time, where each is taken over as
            a whole; None where all are given the weight.
    """

    phase: Phase
    baseline: str
    canary: str
    weight: float
    tolerance: float | None = None
    at_once: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Shares in per cent by version, which sum to 100, and why they are so."""

    by_version: Mapping[str, float]
    reason: str


def wanted_weights(
    *,
    stable: str,
    previous: str | None,
    shift: Shift | None,
    factors: Mapping[str, float],
) -> Weights:
    """Combine the rollout's step with what the circuit breakers allow.

    A breaker may take traffic away from the canary, and during a rollout it never gives it more
    than its step: a sick baseline is no proof of a good canary. Outside a rollout, traffic that an
    open breaker refuses goes to the previous stable version if that one's breaker lets it.

    Args:
        stable: Version that serves when nothing else is going on.
        previous: The stable version before it, still loaded; None when there is none.
        shift: The running rollout; None without one.
        factors: Share of its normal traffic that a version's breaker lets through, in [0, 1];
            a version that is not named has 1.
    """
    if shift is not None and shift.tolerance is not None:
        return _at_rest(stable, previous, factors)
    if shift is not None and shift.phase in (Phase.PROGRESSING, Phase.PAUSED):
        return _during_rollout(shift, previous, factors)
    if shift is not None and shift.phase is Phase.PROMOTING:
        return Weights(by_version={shift.canary: 100.0}, reason="promoting")
    if shift is not None and shift.phase is Phase.ROLLING_BACK:
        stand_in = None if previous == shift.canary else previous
        back = _at_rest(shift.baseline, stand_in, factors)
        return Weights(by_version=back.by_version, reason="rolling back")
    return _at_rest(stable, previous, factors)


def _during_rollout(shift: Shift, previous: str | None, factors: Mapping[str, float]) -> Weights:
    canary = shift.weight * factors.get(shift.canary, 1.0)
    rest = 1.0 - canary / 100.0
    # A hotfix is rolled out while its baseline is broken: the one before goes on standing in.
    stand_in = None if previous == shift.canary else previous
    baseline = _at_rest(shift.baseline, stand_in, factors).by_version
    shares = {version: share * rest for version, share in baseline.items()}
    return Weights(
        by_version={**shares, shift.canary: canary}, reason=f"rollout step {shift.weight:g} %"
    )


def _at_rest(stable: str, previous: str | None, factors: Mapping[str, float]) -> Weights:
    share = factors.get(stable, 1.0)
    if share >= 1.0:
        return Weights(by_version={stable: 100.0}, reason="stable")
    if previous is None or previous == stable or factors.get(previous, 1.0) < 1.0:
        why = f"breaker of {stable} is not closed, but no other version can take its traffic"
        return Weights(by_version={stable: 100.0}, reason=why)
    refused = 100.0 * (1.0 - share)
    return Weights(
        by_version={stable: 100.0 - refused, previous: refused},
        reason=f"breaker of {stable} lets {share:.0%} through; {previous} takes the rest",
    )
