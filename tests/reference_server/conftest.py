"""A real server in this process, over small real models."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from reference_server.app import Service, build_service
from reference_server.catalogue import find_models
from reference_server.lane import LaneLimits
from reference_server.settings import Settings

EXTRA = "needs pip install 'trimtab[reference-server]'"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for builds; without the packages that make them, tests are skipped."""
    for package in ("onnxruntime", "onnx", "magika"):
        pytest.importorskip(package, reason=EXTRA)
    return tmp_path_factory.mktemp("builds")


@pytest.fixture(scope="session")
def iris(cache: Path) -> Path:
    """A graph of four multiplications."""
    return find_models(["iris"], cache=cache, versions=[])[0].path


@pytest.fixture
def settings(cache: Path, iris: Path) -> Settings:
    return Settings(
        models=(f"tiny={iris}:1", f"tiny={iris}:2", f"other={iris}"),
        limits=LaneLimits(workers=1, queue_limit=4),
        cache_dir=cache,
        faults=True,
        body_limit=4096,
    )


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    with build_service(settings) as built:
        yield built


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as opened:
        yield opened


@pytest.fixture
def flower() -> dict[str, object]:
    """A request that the tiny model answers."""
    tensor = {"name": "float_input", "shape": [1, 2], "datatype": "FP32", "data": [5, 3]}
    return {"inputs": [tensor]}
