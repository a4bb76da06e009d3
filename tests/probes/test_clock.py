"""The machine's clock."""

from datetime import UTC

import pytest

from probes.clock import Clock, SystemClock

pytestmark = pytest.mark.anyio


async def test_the_systems_clock_is_a_clock():
    clock: Clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.0)
    assert clock.monotonic() >= before
    assert clock.now().tzinfo is UTC
