"""An engine that answers as Prometheus does, for loops that read from it."""

from collections.abc import Awaitable, Callable

import pytest

from tests.controlplane.engines.engine_of_samples import EngineOfSamples


@pytest.fixture
async def engine(
    serve: Callable[..., Awaitable[str]],
) -> tuple[EngineOfSamples, str]:
    found = EngineOfSamples()
    return found, await serve(found.handle)
