"""Gauges in snapshots: bit by bit, and as older versions wrote them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from canary_analysis import (
    Analysis,
    InvalidSnapshot,
    Kind,
    Metric,
    Policy,
)
from tests.canary_analysis.test_gauges import analysis_of, read, watched

ERRORS = Metric(name="errors", kind=Kind.ERRORS)
MEMORY = Metric(name="memory", kind=Kind.GAUGE)
CONVICTING = replace(MEMORY, rolls_back=True)
LEVELS = st.lists(st.floats(0.0, 100.0), min_size=2, max_size=6)


def test_a_snapshot_in_which_all_gauges_rolled_back_is_read():
    saved = analysis_of(watched()).snapshot()
    policy = {**saved["policy"], "gauges_roll_back": True}
    old = Analysis.restore({**saved, "version": 2, "policy": policy})
    assert [metric.rolls_back for metric, _ in old.gauges] == [True]
    assert Analysis.restore({**saved, "version": 2}).snapshot() == saved


def test_a_gauge_survives_a_snapshot_bit_by_bit():
    start = Analysis.start([MEMORY, ERRORS], Policy())
    rng = np.random.default_rng(1)
    straight = broken = start
    for minute in range(1, 50):
        tick = {"memory": read(rng.normal(50, 3, 3), rng.normal(50, 3, 4), minute * 60.0)}
        if minute == 23:
            broken = Analysis.restore(json.loads(json.dumps(broken.snapshot())))
        straight, broken = straight.observe(tick), broken.observe(tick)
    assert straight.snapshot() == broken.snapshot()
    assert straight.metrics == broken.metrics == (ERRORS, MEMORY)


def test_a_snapshot_from_before_gauges_is_read():
    saved = Analysis.start([ERRORS], Policy()).snapshot()
    old = {key: value for key, value in saved.items() if key != "gauges"} | {"version": 1}
    assert Analysis.restore(old).snapshot() == saved


def test_a_damaged_gauge_is_refused():
    saved = analysis_of(watched()).snapshot()
    with pytest.raises(InvalidSnapshot, match="cannot be read"):
        Analysis.restore({**saved, "gauges": [{"metric": {}}]})
