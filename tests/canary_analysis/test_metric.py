"""Metrics and intervals that cannot be judged are refused with advice."""

import numpy as np
import pytest

from canary_analysis import InvalidInterval, InvalidMetric, Kind, Metric, Policy
from canary_analysis.layout import Layout


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        pytest.param({"name": ""}, "needs a name", id="no name"),
        pytest.param({"weight": -1.0}, "must be 0 or more", id="negative weight"),
        pytest.param({"edges": (1.0,)}, "Did you mean kind='latency'", id="errors with edges"),
        pytest.param({"kind": Kind.LATENCY}, "needs the bucket edges", id="latency without edges"),
        pytest.param({"kind": Kind.LATENCY, "edges": (2.0, 1.0)}, "rise", id="falling edges"),
        pytest.param(
            {"kind": Kind.LATENCY, "edges": (1.0, np.inf)}, "Leave out", id="the last bucket"
        ),
    ],
)
def test_a_metric_that_cannot_be_judged_is_refused(values, advice):
    with pytest.raises(InvalidMetric, match=advice):
        Metric(**{"name": "errors", "kind": Kind.ERRORS, **values})


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        pytest.param({"canary": [(10, 11)]}, "below 0 or above its requests", id="too many bad"),
        pytest.param({"baseline": [(10, -1)]}, "below 0 or above its requests", id="negative"),
        pytest.param({"canary": [(10.5, 1.0)]}, "whole requests", id="fractions"),
        pytest.param({"canary_names": ("a", "b")}, "one row per replica", id="a row is missing"),
        pytest.param(
            {"canary": [(1, 0), (1, 0)], "canary_names": ("a", "a")}, "twice", id="same name twice"
        ),
        pytest.param({"at": -1.0}, "0 or more", id="before the start"),
    ],
)
def test_an_interval_that_cannot_be_counts_is_refused(interval, change, advice):
    with pytest.raises(InvalidInterval, match=advice):
        interval(**{"canary": [(10, 1)], "baseline": [(10, 1)], **change})


@pytest.mark.parametrize(
    ("metrics", "advice"),
    [
        pytest.param([], "at least one", id="none"),
        pytest.param([Metric(name="e", kind=Kind.ERRORS)] * 2, "share the name 'e'", id="twice"),
        pytest.param(
            [Metric(name="e", kind=Kind.ERRORS, weight=0.0)], "nothing could", id="no weight"
        ),
    ],
)
def test_metrics_that_cannot_be_judged_together_are_refused(metrics, advice):
    with pytest.raises(InvalidMetric, match=advice):
        Layout.of(metrics, Policy())
