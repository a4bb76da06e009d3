"""What the latest rollouts of a service tell the next one: replica noise, and how long it warms up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from canary_analysis import (
    Analysis,
    CanaryAnalysisError,
    FreshMinutes,
    SpreadSeen,
    WarmupCurve,
    latency_counts_from,
    noise_seen,
    prior_phi,
    prior_spread,
    spread_seen,
)
from controlplane.decide.rollout import Rollout, RolloutSpec
from controlplane.decide.rollout_state import Phase
from controlplane.evidence import findings_of
from controlplane.plane import Plane

__all__ = ["LearnedSpread", "LearnedWarmup", "learned_spread", "learned_warmup", "noise_so_far"]

ROLLOUTS_LOOKED_AT = 10
FEWEST_CURVES = 3
"""Of fewer rollouts the median is one of them, and one odd rollout would decide."""

MOST_OF_HORIZON = 0.5
"""Part of the horizon that a learned warm-up may take: latency must still be proven in the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedWarmup:
    """From when on latency counts, and who says so.

    Attributes:
        seconds: Since the analysis begins.
        source: In words.
        rollouts: Ids of those that it was learned from, newest first.
    """

    seconds: float
    source: str
    rollouts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedSpread:
    """How much replicas of a service are taken to differ before this rollout shows it.

    Attributes:
        spread: Standard deviation of their log odds.
        source: Who says so, in words.
    """

    spread: float
    source: str


def learned_spread(plane: Plane, spec: RolloutSpec) -> LearnedSpread:
    """Return what is expected of replicas: as it was written, and as the latest rollouts showed."""
    latest = plane.rollouts.list(service=spec.service)[:ROLLOUTS_LOOKED_AT]
    seen = [found for each in latest if (found := _spread(plane, each.id)) is not None]
    spread = prior_spread(seen, expected=spec.prior_spread)
    if not seen:
        return LearnedSpread(spread=spread, source=f"{spread:.0%}, as written or usual")
    replicas = sum(each.replicas for each in seen)
    told = f"{spread:.0%}, from {len(seen)} rollouts with {replicas} comparable replicas in all"
    return LearnedSpread(spread=spread, source=told)


def _spread(plane: Plane, rollout_id: str) -> SpreadSeen | None:
    saved = plane.rollouts.analysis(rollout_id)
    if not saved or not saved.get("analysis"):
        return None
    state: Any = saved["analysis"]
    try:
        return spread_seen(Analysis.restore(state).state)
    except CanaryAnalysisError:  # kept by another version of ours
        return None


def noise_so_far(plane: Plane, service: str) -> float:
    """Return the replica noise that the latest rollouts of a service showed; 1 when none did."""
    latest = plane.rollouts.list(service=service)[:ROLLOUTS_LOOKED_AT]
    kept = (noise_seen(findings_of(rollout.progress.evidence)) for rollout in latest)
    seen = [noise for noise in kept if noise is not None]
    return prior_phi(seen, requests=max((noise.requests for noise in seen), default=0))


def learned_warmup(plane: Plane, spec: RolloutSpec) -> LearnedWarmup:
    """Return from when on a canary's latency counts: as it was written, or as it was learned."""
    if spec.warmup_seconds is not None:
        return LearnedWarmup(seconds=spec.warmup_seconds, source="as configured")
    promoted = [
        rollout
        for rollout in plane.rollouts.list(service=spec.service)
        if rollout.progress.phase is Phase.SUCCEEDED and rollout.progress.analysis_at is not None
    ]
    curves = _curves(plane, promoted[:ROLLOUTS_LOOKED_AT])
    if len(curves) < FEWEST_CURVES:
        told = f"{len(curves)} promoted rollouts tell of it so far; {FEWEST_CURVES} are needed"
        return LearnedWarmup(seconds=0.0, source=told, rollouts=tuple(curves))
    most = MOST_OF_HORIZON * spec.horizon_seconds
    found = latency_counts_from(list(curves.values()))
    told = f"learned from {len(curves)} promoted rollouts"
    if found > most:
        told += f"; {found:g} s, cut to half of the horizon"
    return LearnedWarmup(seconds=min(found, most), source=told, rollouts=tuple(curves))


def _curves(plane: Plane, rollouts: Sequence[Rollout]) -> dict[str, WarmupCurve]:
    """Return what each rollout teaches, by id; those that were too short or silent are left out."""
    found = {}
    for rollout in rollouts:
        saved = plane.rollouts.analysis(rollout.id) or {}
        curve = _curve(saved.get("fresh"))
        if curve is not None:
            found[rollout.id] = curve
    return found


def _curve(saved: object) -> WarmupCurve | None:
    if saved is None:
        return None
    try:
        return FreshMinutes.from_plain(saved).curve()
    except CanaryAnalysisError:  # kept by another version of ours
        return None
