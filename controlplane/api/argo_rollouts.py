"""/hooks/argo-rollouts: our verdict as a metric of Argo Rollouts' web provider.

Source: argo-rollouts, ``metricproviders/webmetric``: a GET, POST or PUT, of whose JSON a condition is asked.
"""

from typing import Annotated

from fastapi import APIRouter, Query

from controlplane.api.access import PlaneHere
from controlplane.decide.judgement import Saying
from controlplane.decide.rollout import Rollout
from controlplane.plane import Plane
from controlplane.schemas import VerdictIn, VerdictOut
from controlplane.verdict_desk import Release, observed, verdict_of

__all__ = ["router"]

router = APIRouter(prefix="/hooks/argo-rollouts", tags=["hooks"])


@router.get("")
async def show_verdict(plane: PlaneHere, asked: Annotated[VerdictIn, Query()]) -> VerdictOut:
    """What is said of a version whose traffic Argo moves; the first question begins to judge it."""
    return _said(plane, asked)


@router.post("")
async def ask_verdict(plane: PlaneHere, asked: VerdictIn) -> VerdictOut:
    """The same, asked by POST."""
    return _said(plane, asked)


def _said(plane: Plane, asked: VerdictIn) -> VerdictOut:
    release = Release(
        service=asked.service, version=asked.version, against=asked.against, name=asked.release
    )
    return _out(plane, observed(plane, release))


def _out(plane: Plane, rollout: Rollout) -> VerdictOut:
    found, spec, progress = verdict_of(plane, rollout), rollout.spec, rollout.progress
    score = (progress.evidence or {}).get("e_value")
    return VerdictOut(
        decision=found.saying.value,
        passed=found.saying is Saying.PROMOTE,
        failed=found.saying is Saying.ROLLBACK,
        score=score if isinstance(score, int | float) else None,
        limit=1.0 / spec.alpha,
        reasons=found.reasons,
        service=spec.service,
        version=spec.version,
        against=spec.against,
        release=spec.release,
        rollout=rollout.id,
        phase=progress.phase.value,
        verdict=progress.verdict or None,
        canary_requests=progress.canary_requests,
        baseline_requests=progress.baseline_requests,
    )
