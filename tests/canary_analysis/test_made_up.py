"""Made-up traffic has the trouble it is told to have, and counts that could be real."""

from dataclasses import replace

import numpy as np
import pytest

from canary_analysis.made_up import made_up
from canary_analysis.traffic import EDGES, Traffic

CALM = Traffic(canary_replicas=2, baseline_replicas=3, errors=0.02)
SLOW = EDGES.index(0.15)


def counted(traffic, runs=40, seconds=300.0, edge=SLOW):
    """Ticks stacked: requests, errors, slow requests, each of shape (ticks, replicas, runs)."""
    ticks = [c for _, c in made_up(traffic, np.random.default_rng(5), runs=runs, seconds=seconds)]
    return (
        np.stack([tick.total for tick in ticks]),
        np.stack([tick.failed for tick in ticks]),
        np.stack([tick.above[..., edge] for tick in ticks]),
    )


def share_by_replica(part, total):
    return part.sum(axis=(0, 2)) / total.sum(axis=(0, 2))


def test_calm_traffic_has_its_rate_and_its_errors():
    total, failed, _ = counted(CALM)
    assert total.mean() == pytest.approx(CALM.rate * CALM.tick_seconds, rel=0.02)
    assert failed.sum() / total.sum() == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="calm"),
        pytest.param({"lost_scrapes": 0.3, "resets_per_hour": 20.0}, id="scrapes lost"),
        pytest.param({"heavy_offsets": True, "latency_offsets": 1.0}, id="wild replicas"),
    ],
)
def test_counts_could_be_real(change):
    for _, tick in made_up(replace(CALM, **change), np.random.default_rng(6), runs=9, seconds=200):
        assert (tick.failed <= tick.total).all()
        assert (tick.above[..., 0] <= tick.total).all()
        assert (np.diff(tick.above, axis=-1) <= 0).all()


@pytest.mark.parametrize(
    ("change", "worse"),
    [
        pytest.param({"canary_errors": 0.1}, [0, 1], id="the canary"),
        pytest.param({"sick_replica": True}, [0], id="one replica"),
    ],
)
def test_errors_are_where_they_belong(change, worse):
    total, failed, _ = counted(replace(CALM, **change))
    high = share_by_replica(failed, total) > 0.05
    assert np.flatnonzero(high).tolist() == worse


@pytest.mark.parametrize("change", [{"slower": 1.5}, {"slower_tail": 2.0}, {"fresh_slower": 2.0}])
def test_a_slower_canary_is_slower(change):
    total, _, slow = counted(replace(CALM, **change), edge=EDGES.index(1.0))
    share = share_by_replica(slow, total)
    assert share[:2].min() > 1.2 * share[2:].max()


def test_trouble_waits_for_its_onset():
    total, failed, _ = counted(replace(CALM, canary_errors=0.5, onset_seconds=150.0))
    assert failed[:15].sum() / total[:15].sum() < 0.03
    assert failed[15:, :2].sum() / total[15:, :2].sum() > 0.4


def test_fresh_replicas_warm_up():
    total, _, slow = counted(replace(CALM, fresh_slower=2.0, fresh_seconds=60.0))
    share = slow[:, :2].sum(axis=(1, 2)) / total[:, :2].sum(axis=(1, 2))
    assert share[0] > 3.0 * share[-1]


def test_a_ramp_raises_share_and_load():
    total, _, _ = counted(replace(CALM, ramp=True), seconds=900.0)
    canary, baseline = total[:, :2].mean(axis=(1, 2)), total[:, 2:].mean(axis=(1, 2))
    assert canary[-1] > 6.0 * canary[0]
    assert 1.7 < baseline[-1] / baseline[0] < 2.2


def test_a_lost_scrape_is_made_up_for_by_the_next():
    kept, _, _ = counted(CALM)
    late, _, _ = counted(replace(CALM, lost_scrapes=0.3))
    assert (late == 0).mean() == pytest.approx(0.3, abs=0.05)
    assert late.sum() == pytest.approx(kept.sum(), rel=0.03)


def test_a_reset_costs_the_interval():
    total, _, _ = counted(replace(CALM, resets_per_hour=36.0))
    assert (total == 0).mean() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    "change",
    [{"wobble": 0.3}, {"spells_per_hour": 4.0}, {"load_swing": 0.3}, {"latency_offsets": 0.3}],
)
def test_noise_spreads_the_counts(change):
    _, _, calm = counted(CALM, seconds=100.0)
    _, _, noisy = counted(replace(CALM, **change), seconds=100.0)
    assert noisy.sum(axis=0).std() > 1.1 * calm.sum(axis=0).std()


def test_bursts_fail_requests():
    total, failed, _ = counted(replace(CALM, bursts_per_hour=10.0))
    assert failed.sum() / total.sum() > 0.03
