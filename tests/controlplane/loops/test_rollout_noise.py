"""What earlier rollouts of a service tell the next one, and what trimtab.yaml says of both."""

from dataclasses import replace

import numpy as np
import pytest

from canary_analysis import Analysis, Interval, Kind, Metric, Policy
from controlplane import rollout_desk, rollout_draft
from controlplane.canary_counts import ERRORS
from controlplane.decide.rollout_state import Phase
from controlplane.evidence import evidence_of
from tests.controlplane.loops.test_rollout import run_until_over, start, traffic_second
from tests.controlplane.small_world import Surroundings, World, asked, open_world

pytestmark = pytest.mark.anyio
EIGHT = tuple(f"replica-{number}" for number in range(8))


def uneven() -> dict[str, object]:
    """Evidence of a rollout whose eight baseline replicas differed widely."""
    analysis = Analysis.start((Metric(name=ERRORS, kind=Kind.ERRORS),), Policy())
    failed = np.array([[5], [60]] * 4, dtype=np.int64)
    every = np.full(8, 500, dtype=np.int64)
    tick = Interval(
        canary_replicas=EIGHT[:1],
        canary_total=every[:1],
        canary_above=failed[:1],
        baseline_replicas=EIGHT,
        baseline_total=every,
        baseline_above=failed,
        elapsed_seconds=10.0,
    )
    return evidence_of(analysis.observe({ERRORS: tick}).judge(10.0))


async def test_noise_that_was_seen_is_assumed_next_time(world: World) -> None:
    first = await start(world)
    ended = await run_until_over(world, first)
    assert ended.progress.noise == 1.0
    noisy = replace(ended, progress=replace(ended.progress, evidence=uneven()))
    with world.plane.engine.begin() as connection:
        world.plane.rollouts.save(connection, noisy, read_generation=ended.generation)
    undo = rollout_draft.draft(world.plane, asked("1"))
    rollout_desk.start(world.plane, undo, idempotency_key=None)
    for _ in range(5):
        await traffic_second(world)
    second = world.plane.rollouts.get(undo.id)
    assert second.progress.phase is Phase.PROGRESSING
    assert second.progress.noise > 5.0
    policy = Analysis.restore(world.plane.rollouts.analysis(undo.id)["analysis"]).policy
    assert policy.prior_phi == second.progress.noise
    assert second.progress.evidence["findings"][0]["phi"] == pytest.approx(second.progress.noise)


async def test_noise_and_warm_up_may_be_written(around: Surroundings) -> None:
    asks = ("horizon: 1h}", "horizon: 1h, noise: 3, warmup: 2m}")
    async with open_world(around, change=asks) as world:
        rollout = await start(world)
        for _ in range(5):
            await traffic_second(world)
        policy = Analysis.restore(world.plane.rollouts.analysis(rollout.id)["analysis"]).policy
        assert (policy.prior_phi, policy.latency_warmup_seconds) == (3.0, 120.0)


async def test_how_much_replicas_differ_is_learned_from_rollouts_of_few(world: World) -> None:
    ended = await run_until_over(world, await start(world))
    assert ended.progress.spread == 0.25
    assert ended.progress.spread_source == "25%, as written or usual"
    analysis = Analysis.start((Metric(name=ERRORS, kind=Kind.ERRORS),), Policy())
    tick = Interval(
        canary_replicas=EIGHT[:2],
        canary_total=np.full(2, 5_000),
        canary_above=np.array([[500], [1_000]]),
        baseline_replicas=EIGHT[2:4],
        baseline_total=np.full(2, 5_000),
        baseline_above=np.array([[500], [1_000]]),
        elapsed_seconds=10.0,
    )
    uneven_pair = {"analysis": analysis.observe({ERRORS: tick}).snapshot()}
    with world.plane.engine.begin() as connection:
        world.plane.rollouts.save(
            connection, ended, read_generation=ended.generation, analysis=uneven_pair
        )
    undo = rollout_draft.draft(world.plane, asked("1"))
    rollout_desk.start(world.plane, undo, idempotency_key=None)
    for _ in range(5):
        await traffic_second(world)
    second = world.plane.rollouts.get(undo.id)
    assert 0.3 < second.progress.spread < 0.6
    assert "from 1 rollouts with 2 comparable replicas" in second.progress.spread_source
    policy = Analysis.restore(world.plane.rollouts.analysis(undo.id)["analysis"]).policy
    assert policy.prior_spread == second.progress.spread


async def test_how_much_replicas_differ_may_be_written(around: Surroundings) -> None:
    async with open_world(around, change=("horizon: 1h}", "horizon: 1h, spread: 5%}")) as world:
        rollout = await start(world)
        for _ in range(5):
            await traffic_second(world)
        policy = Analysis.restore(world.plane.rollouts.analysis(rollout.id)["analysis"]).policy
        assert policy.prior_spread == 0.05
