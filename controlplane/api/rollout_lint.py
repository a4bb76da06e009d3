"""/v1/rollouts:lint: are rollouts of a service able to work, as they are configured?"""

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.rollout_lint import lint_service
from controlplane.schemas import LintOut

__all__ = ["router"]

router = APIRouter(prefix="/v1/rollouts", tags=["rollouts"])
MOST_SECONDS = 15.0


@router.get(":lint")
async def lint(
    plane: PlaneHere, service: Annotated[str, Query(min_length=1, max_length=63)]
) -> Listing[LintOut]:
    """What keeps rollouts of a service from working; its traffic is watched for a moment first."""

    async def look() -> None:
        intervals = [target.interval for target in plane.targets_of(service)]
        await asyncio.sleep(min(MOST_SECONDS, 2.0 * max(intervals, default=0.0)))

    found = await lint_service(plane, service, look=look)
    return listing(LintOut(service=service, **asdict(each)) for each in found)
