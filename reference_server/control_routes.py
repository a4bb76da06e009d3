"""What operators and routers change: weights of versions, what is mirrored, and faults for drills."""

from typing import Any

from fastapi import APIRouter, Request

from reference_server.body import read_body
from reference_server.errors import FaultsOff
from reference_server.faults import FaultDesk, read_faults
from reference_server.mirror import OFF, read_mirror
from reference_server.mirror_metrics import MirrorMetrics
from reference_server.model_store import ModelStore
from reference_server.protocol import as_object
from reference_server.traffic import read_fencing, read_weights

__all__ = ["fault_routes", "mirror_routes", "traffic_routes"]

BODY_LIMIT = 64 * 1024


def traffic_routes(store: ModelStore) -> APIRouter:
    """Return the routes that show and set weights."""
    routes = APIRouter(prefix="/v2/models/{model}/traffic", tags=["traffic"])

    @routes.get("")
    async def show(model: str) -> dict[str, dict[str, float]]:
        return {"weights": store.model(model).traffic.weights}

    @routes.put("")
    async def change(model: str, request: Request) -> dict[str, dict[str, float]]:
        served = store.model(model)
        asked = await _asked(request, "Weights")
        fencing = read_fencing(request.headers.get("x-fencing-number"))
        served.traffic.set(read_weights(asked, served.versions), fencing=fencing)
        return {"weights": served.traffic.weights}

    return routes


def mirror_routes(store: ModelStore, metrics: MirrorMetrics) -> APIRouter:
    """Return the routes that show, set and end the mirror of a model."""
    routes = APIRouter(prefix="/v2/models/{model}/mirror", tags=["traffic"])

    @routes.get("")
    async def show(model: str) -> dict[str, str | float | None]:
        return store.model(model).mirror.setting.as_json()

    @routes.put("")
    async def change(model: str, request: Request) -> dict[str, str | float | None]:
        served = store.model(model)
        asked = read_mirror(await _asked(request, "A mirror"), served.versions)
        served.traffic.admit(read_fencing(request.headers.get("x-fencing-number")))
        if asked.version is not None and asked.version != served.mirror.setting.version:
            metrics.begin(model, asked.version)
        served.mirror.set(asked)
        return asked.as_json()

    @routes.delete("")
    async def end(model: str, request: Request) -> dict[str, str | float | None]:
        served = store.model(model)
        served.traffic.admit(read_fencing(request.headers.get("x-fencing-number")))
        served.mirror.set(OFF)
        return OFF.as_json()

    return routes


def fault_routes(store: ModelStore, faults: FaultDesk, *, allowed: bool) -> APIRouter:
    """Return the routes that inject faults; all of them refuse where it is not allowed."""
    routes = APIRouter(prefix="/v2/models/{model}/versions/{version}/faults", tags=["faults"])

    def check(model: str, version: str) -> None:
        store.model(model).lane(version)
        if not allowed:
            msg = "Faults are off, as this server listens to other machines. Start with --faults."
            raise FaultsOff(msg)

    @routes.get("")
    async def show(model: str, version: str) -> dict[str, float]:
        check(model, version)
        return faults.get(model, version).as_json()

    @routes.put("")
    async def change(model: str, version: str, request: Request) -> dict[str, float]:
        check(model, version)
        faults.set(model, version, read_faults(await _asked(request, "Faults")))
        return faults.get(model, version).as_json()

    @routes.delete("")
    async def heal(model: str, version: str) -> dict[str, float]:
        check(model, version)
        faults.clear(model, version)
        return faults.get(model, version).as_json()

    return routes


async def _asked(request: Request, what: str) -> dict[str, Any]:
    headers = dict(request.scope["headers"])
    return as_object(await read_body(request.receive, headers, BODY_LIMIT), what)
