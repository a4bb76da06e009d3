"""/v1/rollouts/{id}/analysis: the verdicts of a rollout, and all that they were reached by."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query

from controlplane.api.access import PlaneHere
from controlplane.decide.rollout import Rollout
from controlplane.errors import NotFound
from controlplane.recorded.rollout_verdicts import KIND, VERSION, digest_of
from controlplane.schemas import KeptVerdictOut, RolloutAnalysisOut, WarmupOut
from controlplane.store.rollout_verdicts import KeptVerdict

__all__ = ["router"]

router = APIRouter(prefix="/v1/rollouts", tags=["rollouts"])
Generation = Annotated[int | None, Query(ge=1)]
MOST_BYTES = 4 << 20
"""Of all states together; older ones are left out, and can be had one by one."""


@router.get("/{rollout_id}/analysis")
async def show_analysis(
    rollout_id: str, plane: PlaneHere, generation: Generation = None
) -> RolloutAnalysisOut:
    """The last verdict before each move, with the counts it follows from; ``generation`` for one."""
    rollout = plane.rollouts.get(rollout_id)
    saved = plane.rollouts.analysis(rollout_id) or {}
    state: Any = saved.get("analysis") or {}
    kept = (*plane.rollouts.verdicts(rollout_id), *_latest(rollout, saved))
    if generation is not None:
        kept = tuple(each for each in kept if each.generation == generation)
        if not kept:
            msg = f"Rollout {rollout_id} keeps no verdict of generation {generation}."
            raise NotFound(msg, hint=f"GET /v1/rollouts/{rollout_id}/analysis lists them")
    return RolloutAnalysisOut(
        kind=KIND,
        version=VERSION,
        rollout=rollout.id,
        service=rollout.spec.service,
        canary=rollout.spec.version,
        baseline=rollout.progress.baseline,
        verdicts=_shown(kept),
        noise=rollout.progress.noise,
        spread=rollout.progress.spread,
        spread_source=rollout.progress.spread_source,
        warmup=_warmup(rollout),
        policy=state.get("policy"),
        metrics=tuple(state.get("metrics", ())),
        links={"rollout": f"/v1/rollouts/{rollout.id}"},
    )


def _warmup(rollout: Rollout) -> WarmupOut | None:
    progress = rollout.progress
    if not progress.warmup_source:
        return None
    return WarmupOut(
        seconds=progress.warmup,
        source=progress.warmup_source,
        rollouts=progress.warmup_rollouts,
    )


def _latest(rollout: Rollout, saved: Mapping[str, Any]) -> Iterable[KeptVerdict]:
    """Yield the newest verdict there is, once there is one."""
    if saved.get("verdict"):
        progress = rollout.progress
        yield KeptVerdict(
            generation=rollout.generation,
            at=(progress.analysis_at or rollout.created_at) + saved["judged_seconds"],
            phase=progress.phase.value,
            step=progress.step,
            weight=rollout.weight,
            reason=progress.reason,
            analysis=saved,
        )


def _shown(kept: Iterable[KeptVerdict]) -> tuple[KeptVerdictOut, ...]:
    """Return verdicts with their states, the newest first to have one while there is room."""
    found: list[KeptVerdictOut] = []
    left = MOST_BYTES
    for each in reversed(tuple(kept)):
        size = len(orjson.dumps(each.analysis["analysis"]))
        fits = size <= left or not found
        left -= size if fits else 0
        found.append(_verdict_out(each, with_state=fits))
    return tuple(reversed(found))


def _verdict_out(kept: KeptVerdict, *, with_state: bool) -> KeptVerdictOut:
    state, verdict = kept.analysis["analysis"], kept.analysis["verdict"]
    judged = kept.analysis["judged_seconds"]
    return KeptVerdictOut(
        generation=kept.generation,
        at=kept.at,
        phase=kept.phase,
        step=kept.step,
        weight=kept.weight,
        reason=kept.reason,
        decision=verdict["decision"],
        judged_seconds=judged,
        verdict=verdict,
        state=state if with_state else None,
        digest=digest_of(judged, verdict, state),
    )
