"""A plane whose service's traffic somebody else moves."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from tests.controlplane.small_world import Surroundings, World, open_world

FREEZE = """
freezes: [{name: weekend, start: "2026-01-01T00:05:00Z", duration: 72h}]
"""


@pytest.fixture
async def watched(around: Surroundings, app: FastAPI) -> AsyncIterator[World]:
    """A quarter of the traffic is on version 2; five minutes later nothing may begin."""
    around.router.weights = {"1": 75.0, "2": 25.0}
    async with open_world(around, external=True, more=FREEZE) as world:
        app.state.plane = world.plane
        yield world
