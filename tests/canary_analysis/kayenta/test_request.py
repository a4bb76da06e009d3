"""Queries as Kayenta makes them; the cases are those that it publishes with its Prometheus service."""

from typing import Any

import pytest

from canary_analysis.kayenta.config import InvalidCanaryConfig
from canary_analysis.kayenta.request import is_request, queries_of

TEMPLATES = {"labelled": "some-label=${scope}", "grouped": "my-server-group=${scope}"}
FILTER = "customFilter=something,andSomething=else"
HISTOGRAM = 'histogram_quantile(0.5, sizes_bucket{instance="localhost:9090",handler="/graph"})'


def request(
    query: dict[str, Any], scope: dict[str, Any] | None = None, **changed: Any
) -> dict[str, Any]:
    times = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z", "step": 60}
    whole = {"location": "us-central1"} | times | (scope or {})
    return {
        "canaryConfig": {
            "templates": TEMPLATES,
            "metrics": [{"name": "m", "query": {"type": "prometheus", **query}, **changed}],
        },
        "executionRequest": {
            "scopes": {"default": {"controlScope": whole, "experimentScope": whole}}
        },
    }


@pytest.mark.parametrize(
    ("query", "scope", "promql"),
    [
        pytest.param(
            {"resourceType": "gce_instance"},
            {"scope": "group"},
            'avg(m{a=b,instance=~"group-.{4}",zone=~".+/zones/us-central1-.{1}"})',
            id="instances of Google's cloud",
        ),
        pytest.param(
            {"resourceType": "gce_instance"},
            {"scope": "group", "project": "mine"},
            'avg(m{a=b,instance=~"group-.{4}",zone=~".+/projects/mine/zones/us-central1-.{1}"})',
            id="of a project there",
        ),
        pytest.param(
            {"resourceType": "aws_ec2_instance"},
            {"scope": "group"},
            'avg(m{a=b,asg_groupName="group",zone=~"us-central1.{1}"})',
            id="instances of Amazon's cloud",
        ),
        pytest.param(
            {"customFilterTemplate": "labelled", "resourceType": "gce_instance"},
            {"scope": "app-canary"},
            "avg(m{some-label=app-canary,a=b})",
            id="a template by name",
        ),
        pytest.param(
            {"customFilterTemplate": "labelled", "customInlineTemplate": FILTER},
            {},
            f"avg(m{{{FILTER},a=b}})",
            id="a template in place, which goes before one by name",
        ),
        pytest.param(
            {"customInlineTemplate": FILTER, "resourceType": "anything"},
            {},
            f"avg(m{{{FILTER},a=b}})",
            id="whatever the resource",
        ),
        pytest.param(
            {"customFilterTemplate": "grouped", "resourceType": ""},
            {"scope": "baseline"},
            "avg(m{my-server-group=baseline,a=b})",
            id="and without one",
        ),
        pytest.param(
            {"customInlineTemplate": f"PromQL:{HISTOGRAM}"}, {}, HISTOGRAM, id="a whole query"
        ),
        pytest.param(
            {"customInlineTemplate": "PromQL:" + HISTOGRAM.replace("/graph", "$\\{scope}")},
            {"scope": "/graph"},
            HISTOGRAM,
            id="with the scope filled in",
        ),
        pytest.param(
            {"customInlineTemplate": "PromQL:" + HISTOGRAM.replace("0.5", "${quantile}")},
            {"extendedScopeParams": {"quantile": 0.99}},
            HISTOGRAM.replace("0.5", "0.99"),
            id="with a parameter of its own",
        ),
        pytest.param(
            {"customInlineTemplate": "PromQL:up${x:-}${y:-{a=b}}"},
            {},
            "up{a=b}",
            id="with usual values",
        ),
        pytest.param(
            {"customInlineTemplate": "x=y", "groupByFields": ["zone", "pod"]},
            {},
            "avg(m{x=y,a=b}) by (zone,pod)",
            id="grouped",
        ),
    ],
)
def test_a_query_is_the_one_that_kayenta_makes(
    query: dict[str, Any], scope: dict[str, Any], promql: str
) -> None:
    asked = {"metricName": "m", "labelBindings": ["a=b"], **query}
    (found,) = queries_of(request(asked, scope))
    assert found.canary.promql == found.baseline.promql == promql
    assert (found.canary.until - found.canary.since, found.canary.step_seconds) == (3600.0, 60.0)


@pytest.mark.parametrize(
    ("query", "scope", "changed", "why"),
    [
        ({}, {}, {}, "needs a custom template"),
        ({"resourceType": "gce_instance"}, {"location": ""}, {}, "a location is required"),
        ({"customFilterTemplate": "none"}, {}, {}, "there are: grouped, labelled"),
        ({"customInlineTemplate": "x=${what}"}, {}, {}, r"asks for \$\{what\}; known are location"),
        ({"customInlineTemplate": "x=y", "metricName": ""}, {}, {}, "needs a metricName"),
        ({"customInlineTemplate": "x=y"}, {"step": 0}, {}, "step must be seconds above 0"),
        ({"customInlineTemplate": "x=y"}, {"start": "noon"}, {}, "such as 2026-01-31"),
        ({"customInlineTemplate": "x=y"}, {"end": "2025-01-01T00:00:00Z"}, {}, "must end after"),
        ({"customInlineTemplate": "x=y"}, {"step": 0.01}, {}, "11,000 points at most"),
        ({"type": "datadog"}, {}, {}, "only prometheus can be asked"),
        ({}, {}, {"scopeName": "other"}, "scopes.other must be an object"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_place(
    query: dict[str, Any], scope: dict[str, Any], changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(InvalidCanaryConfig, match=why):
        queries_of(request({"metricName": "m", **query}, scope, **changed))


def test_a_configuration_alone_is_no_request() -> None:
    whole = request({"customInlineTemplate": "x=y"})
    assert is_request(whole)
    assert not is_request(whole["canaryConfig"])
    assert not is_request({**whole, "executionRequest": {"thresholds": {"pass": 90}}})
    assert not is_request(None)
