"""A latency SLO on exponential histograms that are pushed: exact at an edge, bounded between two."""

from pathlib import Path

import pytest

from controlplane.plane import Plane
from controlplane.push_receiver import Receipt
from controlplane.slo_evaluation import evaluate_promise, perhaps_good
from tests.controlplane.pushing import SLOS, open_pushed, pushed, sums
from tests.fakes import ManualClock
from tests.probes.otlp_requests import exponential_histogram

pytestmark = pytest.mark.anyio

BEGAN = ManualClock().now().timestamp()
AT_EDGE = SLOS.replace("value: 0.1,", "value: 0.125,")
BETWEEN = SLOS.replace(
    "metadata: {name: quick}",
    "metadata: {name: quick, annotations: {trimtab.dev/between-edges: bound}}",
    1,
)
FAST, AMID, SLOW = -30, -27, -20
"""Buckets of scale 3: up to 0.081 s, from 0.096 to 0.105 s, from 0.18 to 0.19 s."""


async def push(plane: Plane, *held: int, at: float, scale: int = 3) -> Receipt:
    """Push how many were in each bucket since the beginning, at a scale that is finer or not."""
    finer = scale - 3
    counts = [0] * ((SLOW - FAST + 1) << finer)
    for bucket, count in zip((FAST, AMID, SLOW), held, strict=True):
        counts[((bucket - FAST) << finer) + (1 << finer) - 1] = count
    metric = exponential_histogram(
        counts, at=BEGAN + at, start=BEGAN + 1.0, scale=scale, offset=FAST << finer
    )
    return await plane.pushes.receive(pushed(metric), now=plane.now() + at)


async def test_at_an_edge_it_is_exact_through_a_kill_and_a_change_of_scale(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_pushed(tmp_path, clock, slos=AT_EDGE) as plane:
        await push(plane, 3, 1, 1, at=5.0, scale=6)
        assert sums(plane)["quick"] == (4.0, 5.0)
    async with open_pushed(tmp_path, clock, slos=AT_EDGE) as plane:
        found = await push(plane, 4, 2, 3, at=9.0, scale=3)
        assert (found.rejected, found.reason) == (0, "")
        assert sums(plane)["quick"] == (6.0, 9.0)


async def test_between_edges_it_says_how_many_may_be_good(tmp_path: Path) -> None:
    async with open_pushed(tmp_path, ManualClock(), slos=BETWEEN) as plane:
        await push(plane, 3, 2, 1, at=5.0)
        promise = plane.promises["quick"]
        assert sums(plane)["quick"] == (3.0, 6.0)
        found = evaluate_promise(promise, plane.counting, now=plane.now() + 6.0)
        assert perhaps_good(promise, plane.counting, found) == 2


async def test_between_edges_it_is_not_counted_unasked(tmp_path: Path) -> None:
    async with open_pushed(tmp_path, ManualClock()) as plane:
        await push(plane, 3, 2, 1, at=5.0)
        assert "Use 0.09638" in plane.live.uncounted["quick"]
        assert "the nearest of 194" in plane.live.uncounted["quick"]


async def test_a_coarse_histogram_is_refused_with_a_reason(tmp_path: Path) -> None:
    async with open_pushed(tmp_path, ManualClock()) as plane:
        coarse = exponential_histogram([1], at=BEGAN + 5.0, start=BEGAN + 1.0, scale=2)
        found = await plane.pushes.receive(pushed(coarse), now=plane.now() + 5.0)
        assert found.rejected == 1
        assert "a scale below 3" in found.reason
