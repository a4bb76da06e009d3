"""Pyrra's objectives, in."""

from datetime import timedelta

import pytest

from slo import InvalidSpec, SloError, UnsupportedSpec
from slo.rules import is_pyrra, read_pyrra

RATIO = """
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: chat-errors, namespace: inference, labels: {prometheus: k8s, role: alert-rules}}
spec:
  target: "99.5"
  window: 2w
  description: |
    Answers of the chat service
    that are no errors.
  indicator:
    ratio:
      errors: {metric: 'requests_total{job="chat",code=~"5.."}'}
      total: {metric: 'requests_total{job="chat"}'}
      grouping: [model, version]
"""
LATENCY = RATIO.replace("ratio:", "latency:").replace(
    'errors: {metric: \'requests_total{job="chat",code=~"5.."}\'}',
    "success: {metric: 'seconds_bucket{le=\"0.5\"}'}",
)


def test_a_ratio_is_read_with_its_grouping_as_blame():
    assert is_pyrra(RATIO)
    (found,) = read_pyrra(RATIO)
    assert (found.name, found.service) == ("chat-errors", "inference")
    assert (found.objective.target, found.objective.window) == (0.995, timedelta(weeks=2))
    assert str(found.sli).startswith('bad requests_total{job="chat",code=~"5.."} of')
    assert found.blame_by == ("model", "version")
    assert found.description == "Answers of the chat service that are no errors."


def test_a_latency_is_its_bucket_of_all():
    (found,) = read_pyrra(LATENCY)
    assert str(found.sli).startswith('good seconds_bucket{le="0.5"} of')


@pytest.mark.parametrize("name", ["bool_gauge", "boolGauge"])
def test_a_gauge_is_good_where_it_is_one(name):
    head, _, _ = RATIO.partition("    ratio:")
    (found,) = read_pyrra(f"{head}    {name}: {{metric: probe_success}}\n")
    assert str(found.sli) == "probe_success >= 1"


@pytest.mark.parametrize(
    ("old", "new", "error", "advice"),
    [
        ("pyrra.dev/v1alpha1", "pyrra.dev/v2", InvalidSpec, "must be a ServiceLevelObjective of"),
        ('"99.5"', "most", InvalidSpec, "target 'most' must be per cent, as '99.9'"),
        ('"99.5"', '"100"', InvalidSpec, "share between 0 and 1"),
        ("window: 2w", "window: long", InvalidSpec, "'long' is no duration"),
        ("ratio:", "ratios:", InvalidSpec, "exactly one of ratio, latency"),
        ("ratio:", "latencyNative:", UnsupportedSpec, "native histograms are not counted"),
        ("requests_total{job", "rate(requests_total{job", InvalidSpec, "errors.metric: "),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(old, new, error, advice):
    with pytest.raises(error, match=rf"a.yaml:2, .*{advice}"):
        read_pyrra(RATIO.replace(old, new), origin="a.yaml")


def test_a_text_that_is_no_yaml_is_refused():
    with pytest.raises(SloError, match="Not YAML"):
        read_pyrra("a: [")
