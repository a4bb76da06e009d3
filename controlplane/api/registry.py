"""/hooks/mlflow and /v1/registry: what a model registry asks for, and what it was told."""

from fastapi import APIRouter, Request

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.errors import NotFound
from controlplane.registries.mlflow_delivery import read_delivery
from controlplane.registry_desk import take_delivery
from controlplane.schemas import HeardOut, RegistryEntryOut

__all__ = ["router"]

router = APIRouter(tags=["registry"])


@router.post("/hooks/mlflow")
async def hear_mlflow(plane: PlaneHere, request: Request) -> HeardOut:
    """A webhook of MLflow's registry: an alias that was moved starts a rollout, all else is heard."""
    if plane.registry is None:
        msg = "No model registry is followed."
        raise NotFound(msg, hint="add registry.mlflow to trimtab.yaml")
    body, headers = await request.body(), dict(request.headers)
    delivery = read_delivery(headers, body, secret=plane.registry.secret, now=plane.now())
    heard = take_delivery(plane, delivery)
    return HeardOut(rollout=heard.rollout_id, reason=heard.reason)


@router.get("/v1/registry")
async def list_registry(plane: PlaneHere) -> Listing[RegistryEntryOut]:
    """Rollouts that a model registry asked for, newest first, and what it was told of them."""
    return listing(
        RegistryEntryOut(
            rollout=entry.rollout_id,
            model=entry.followed.model,
            alias=entry.followed.alias,
            version=entry.followed.version,
            state=entry.state,
            written=dict(entry.written),
            attempts=entry.attempts,
            detail=entry.detail,
        )
        for entry in plane.registry_entries.list()
    )
