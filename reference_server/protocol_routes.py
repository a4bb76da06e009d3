"""Health and metadata, as the Open Inference Protocol names them."""

from importlib.metadata import version as installed_version
from typing import Any

from fastapi import APIRouter

from reference_server.model_store import ModelStore, ServedModel
from reference_server.protocol import tensor_docs
from reference_server.readiness import Readiness

__all__ = ["protocol_routes"]


def protocol_routes(store: ModelStore, readiness: Readiness, extensions: list[str]) -> APIRouter:
    """Return the routes that only tell."""
    routes = APIRouter(prefix="/v2", tags=["protocol"])

    @routes.get("")
    async def server() -> dict[str, Any]:
        version = installed_version("trimtab")
        return {"name": "trimtab-model-server", "version": version, "extensions": extensions}

    @routes.get("/health/live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @routes.get("/health/ready")
    async def ready() -> dict[str, bool]:
        readiness.check()
        return {"ready": True}

    @routes.get("/models/{model}/ready")
    async def model_ready(model: str) -> dict[str, Any]:
        name = store.model(model).name
        readiness.check()
        return {"name": name, "ready": True}

    @routes.get("/models/{model}/versions/{version}/ready")
    async def version_ready(model: str, version: str) -> dict[str, Any]:
        store.model(model).lane(version)
        readiness.check()
        return {"name": model, "version": version, "ready": True}

    @routes.get("/models/{model}")
    async def model_metadata(model: str) -> dict[str, Any]:
        served = store.model(model)
        return _metadata(served, served.versions[-1])

    @routes.get("/models/{model}/versions/{version}")
    async def version_metadata(model: str, version: str) -> dict[str, Any]:
        return _metadata(store.model(model), version)

    return routes


def _metadata(served: ServedModel, version: str) -> dict[str, Any]:
    graph = served.lane(version).model
    return {
        "name": served.name,
        "versions": served.versions,
        "platform": "onnxruntime_onnx",
        "inputs": tensor_docs(graph.inputs),
        "outputs": tensor_docs(graph.outputs),
        "parameters": served.parameters,
    }
