"""Builders of intervals."""

from collections.abc import Callable

import numpy as np
import pytest

from canary_analysis import Interval, Kind, Metric


@pytest.fixture
def errors():
    return Metric(name="errors", kind=Kind.ERRORS)


@pytest.fixture
def latency():
    return Metric(name="latency", kind=Kind.LATENCY, edges=(0.1, 0.5, 1.0))


@pytest.fixture
def interval() -> Callable[..., Interval]:
    """Build an interval from (requests, above...) per replica."""

    def build(canary, baseline, at=10.0, canary_names=None, baseline_names=None):
        here, there = np.array(canary), np.array(baseline)
        return Interval(
            canary_replicas=canary_names or tuple(f"c{i}" for i in range(len(here))),
            canary_total=here[:, 0],
            canary_above=here[:, 1:],
            baseline_replicas=baseline_names or tuple(f"b{i}" for i in range(len(there))),
            baseline_total=there[:, 0],
            baseline_above=there[:, 1:],
            elapsed_seconds=at,
        )

    return build
