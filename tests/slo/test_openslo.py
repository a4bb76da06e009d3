"""OpenSLO documents: what is carried out, what is refused, and where the message points."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from slo import (
    CalendarWindow,
    InvalidSpec,
    LatencySli,
    RatioSli,
    SloError,
    ThresholdSli,
    UnsupportedSpec,
    read_openslo,
)

SPEC_FILES = (
    Path(__file__).parents[3] / "shared" / "data" / "openslo" / "schema-test" / "spec-files"
)
FILES = sorted(SPEC_FILES.glob("**/*.yaml"))
INVALID = {
    "invalid-apiversion.yaml": "apiVersion must be openslo/v1",
    "service-long-description.yaml": "1418 characters",
    "sli-ratio-good-and-bad.yaml": "exactly one of good and bad",
    "sli-description-ratio-inline-metricsource.yaml": "exactly one of good and bad",
    "slo-indicatorref-calendar-alerts.yaml": "names no SLI document",
    "slo-indicatorref-calendar-no-alerts.yaml": "names no SLI document",
    "slo-indicatorref-rolling-alerts.yaml": "names no SLI document",
    "slo-indicatorref-rolling-no-alerts.yaml": "names no SLI document",
}

AVAILABILITY = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout, displayName: Checkout, labels: {team: [a, b], tier: "1"}, annotations: {x/y: z}}
spec:
  description: Answers that are no server errors
  service: shop
  indicator:
    metadata: {name: answers}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'requests{code=~"5.."}'}}}
        total: {metricSource: {metricSourceRef: plane, spec: {query: 'sum(requests)'}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 4w, isRolling: true}]
  objectives: [{displayName: most, target: 0.999}]
  alertPolicies: [{alertPolicyRef: page}]
"""
LATENCY = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: shop
  indicatorRef: seconds
  budgetingMethod: Occurrences
  timeWindow: [{duration: 6h, isRolling: true}]
  objectives: [{op: lte, value: 0.25, targetPercent: 99.5}]
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: seconds}
spec:
  thresholdMetric: {metricSource: {type: trimtab, spec: {query: 'seconds{model="m"}'}}}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
spec: {description: Sells things}
"""


def changed(text: str, path: str, value: object) -> str:
    """Return the documents with one field set, or taken out where the value is None."""
    documents = list(yaml.safe_load_all(text))
    *parents, last = path.split(".")
    place = documents[0]
    for parent in parents:
        place = place[int(parent) if parent.isdigit() else parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return yaml.safe_dump_all(documents)


def test_a_ratio_slo_is_read():
    (found,) = read_openslo(AVAILABILITY)
    assert (found.name, found.service) == ("checkout", "shop")
    assert found.description == "Answers that are no server errors"
    assert found.labels == {"team": "a,b", "tier": "1"}
    assert (found.objective.target, found.objective.window) == (0.999, timedelta(days=28))
    assert isinstance(found.sli, RatioSli)
    assert str(found.sli) == 'bad requests{code=~"5.."} of requests'


def test_a_latency_slo_is_read_with_the_indicator_it_refers_to():
    (found,) = read_openslo(LATENCY)
    assert isinstance(found.sli, LatencySli)
    assert str(found.sli) == 'seconds{model="m"} within 0.25'
    assert found.objective.target == pytest.approx(0.995)
    assert found.objective.window == timedelta(hours=6)


def test_good_events_may_be_named_instead():
    ratio = {"metricSource": {"spec": {"query": 'requests{code="200"}'}}}
    text = changed(AVAILABILITY, "spec.indicator.spec.ratioMetric.good", ratio)
    text = changed(text, "spec.indicator.spec.ratioMetric.bad", None)
    (found,) = read_openslo(text)
    assert str(found.sli) == 'good requests{code="200"} of requests'


def test_a_text_without_slos_has_none():
    assert read_openslo(LATENCY.partition("---")[2].partition("---")[2]) == ()


def named(cases: list[tuple[str, object, str]]) -> list[str]:
    return [f"{path} is {value!r:.20}" for path, value, _ in cases]


SOURCE = "spec.indicator.spec.ratioMetric.total.metricSource"
UNSUPPORTED = [
    ("spec.budgetingMethod", "Timeslices", "document 1, spec.budgetingMethod: .* Timeslices"),
    ("spec.timeWindow.0.duration", "1M", "1M, which is not always as long"),
    ("spec.objectives", [{"target": 0.9}, {"target": 0.8}], "several objectives"),
    ("spec.objectives.0.indicatorRef", "x", "composite"),
    ("spec.indicator.spec.ratioMetric.raw", {}, "ratios that are given ready-made"),
    (f"{SOURCE}.type", "Datadog", "metrics of 'Datadog'; write trimtab or Prometheus"),
    (f"{SOURCE}.spec", {"sql": "select 1"}, "a source without a query"),
    (f"{SOURCE}.spec.query", "rate(x[5m])", r"spec.query: 'rate\(x\[5m\]\)' is no selector"),
]


@pytest.mark.parametrize(("path", "value", "advice"), UNSUPPORTED, ids=named(UNSUPPORTED))
def test_what_cannot_be_done_yet_is_refused_plainly(path, value, advice):
    with pytest.raises(UnsupportedSpec, match=advice):
        read_openslo(changed(AVAILABILITY, path, value))


INVALID_FIELDS = [
    ("apiVersion", "openslo/v2", "document 1, apiVersion must be openslo/v1, not 'openslo/v2'"),
    ("kind", "Slo", "kind 'Slo' is not known. Write SLO or SLI"),
    ("metadata.name", "Check_Out", "must be lower-case letters"),
    ("metadata.labels", "x", "metadata.labels must be a mapping, not str"),
    ("metadata.names", "x", "document 1, metadata.names is not a field .* Did you mean 'name'"),
    ("metadata", None, "document 1, metadata must be a mapping, not NoneType"),
    ("spec.service", None, "document 1, spec.service must be a text, not None"),
    ("spec.description", "x" * 1051, "spec.description has 1051 characters"),
    ("spec.budgetingMethod", "Counting", "'Counting' is not known"),
    ("spec.objectives", [], "objectives must be a list of exactly one item; it has 0"),
    ("spec.objectives", "all", "it has no list"),
    ("spec.objectives.0.tarjet", 1, r"spec.objectives\[0\].tarjet .* Did you mean 'target'"),
    ("spec.objectives.0.target", "high", "target must be a number, not 'high'"),
    ("spec.objectives.0.target", 99.9, r"Did you mean 0.999\?"),
    ("spec.objectives.0.targetPercent", 99.9, "exactly one of target and targetPercent"),
    ("spec.objectives.0.op", "lte", "op or value, which belong to a thresholdMetric"),
    ("spec.timeWindow.0.duration", "30 days", "is no duration. Write for example 30d"),
    ("spec.timeWindow.0.isRolling", "yes", "isRolling must be true or false, not 'yes'"),
    ("spec.indicatorRef", "x", "exactly one of indicator and indicatorRef"),
    ("spec.indicator.spec.thresholdMetric", {}, "exactly one of thresholdMetric and ratioMetric"),
    (f"{SOURCE}.spec.query", 5, "query must be a text, not 5"),
]


@pytest.mark.parametrize(("path", "value", "advice"), INVALID_FIELDS, ids=named(INVALID_FIELDS))
def test_what_breaks_the_specification_is_refused_with_its_place(path, value, advice):
    with pytest.raises(InvalidSpec, match=advice):
        read_openslo(changed(AVAILABILITY, path, value))


@pytest.mark.parametrize(
    ("path", "value", "error", "advice"),
    [
        ("spec.objectives.0.op", "less", InvalidSpec, "'less' is not known. Write one of lt, lte"),
        ("spec.objectives.0.value", float("inf"), InvalidSpec, "must be finite, not inf"),
        ("spec.objectives.0.value", None, InvalidSpec, "value must be a number, not None"),
        ("spec.indicatorRef", "second", InvalidSpec, "'second' names no SLI document"),
    ],
)
def test_a_latency_objective_that_cannot_be_counted_is_refused(path, value, error, advice):
    with pytest.raises(error, match=advice):
        read_openslo(changed(LATENCY, path, value))


MONTH = {
    "duration": "1M",
    "isRolling": False,
    "calendar": {"startTime": "2026-01-01 00:00:00", "timeZone": "Europe/Berlin"},
}


def test_a_calendar_window_is_read():
    (found,) = read_openslo(changed(AVAILABILITY, "spec.timeWindow", [MONTH]))
    assert found.objective.calendar == CalendarWindow(
        count=1, unit="M", start=datetime(2026, 1, 1), zone="Europe/Berlin"
    )
    assert found.objective.window == timedelta(days=30)


@pytest.mark.parametrize(
    ("path", "value", "advice"),
    [
        ("calendar.startTime", "2026-1-1 00:00:00", "is no time. Write for example 2026-01-01"),
        ("calendar.startTime", "yesterday", "'yesterday' is no time"),
        ("calendar.startTime", "1066-10-14 09:00:00", "counted from 1066 is odd"),
        ("calendar.timeZone", "Europe/Bonn", "'Europe/Bonn' is no time zone"),
        ("calendar.zone", "UTC", "calendar.zone is not a field of OpenSLO v1"),
        ("calendar", None, "calendar must be a mapping"),
        ("isRolling", True, "is rolling and has a calendar"),
        ("duration", "2Y", "2Y is longer than a year"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(path, value, advice):
    text = changed(AVAILABILITY, "spec.timeWindow", [MONTH])
    with pytest.raises(InvalidSpec, match=advice):
        read_openslo(changed(text, f"spec.timeWindow.0.{path}", value))


def test_an_slo_may_have_burn_rules_of_its_own():
    assert read_openslo(AVAILABILITY)[0].rules is None
    rules = {"trimtab.dev/burn-rules": "page 4% 1h/5m"}
    (found,) = read_openslo(changed(AVAILABILITY, "metadata.annotations", rules))
    assert [rule.threshold(found.objective.window) for rule in found.rules] == [26.88]


@pytest.mark.parametrize(
    ("annotation", "text", "advice"),
    [
        ("burn-rule", "page 2% 1h/5m", "Did you mean 'trimtab.dev/burn-rules'"),
        ("burn-rules", "page", "annotations.trimtab.dev/burn-rules: 'page' is no burn rule"),
        ("burn-rules", "page 2% 5w/5m", "at most the SLO's, 28 days"),
    ],
)
def test_an_annotation_of_ours_that_is_wrong_is_refused(annotation, text, advice):
    wrong = {f"trimtab.dev/{annotation}": text}
    with pytest.raises(InvalidSpec, match=advice):
        read_openslo(changed(AVAILABILITY, "metadata.annotations", wrong))


@pytest.mark.parametrize(
    ("query", "operator", "shown"),
    [
        ('max(cache{gpu="0"})', "lte", 'max(cache{gpu="0"}) <= 0.25'),
        ("min(up) ", "gte", "min(up) >= 0.25"),
        ('avg( a{b=~"(c|d)"} )', "gt", 'avg(a{b=~"(c|d)"}) > 0.25'),
        ("a + b", "lt", "sum(a + b) < 0.25"),
        ("sum(a) + b", "lte", "sum(a + b) <= 0.25"),
        ("cache", "lt", "cache < 0.25"),
        ("sum(cache)", "lt", "sum(cache) < 0.25"),
        ("summary", "lt", "summary < 0.25"),
    ],
)
def test_a_gauge_is_read(query, operator, shown):
    text = changed(LATENCY, "spec.objectives.0.op", operator)
    (found,) = read_openslo(text.replace('seconds{model="m"}', query))
    assert isinstance(found.sli, ThresholdSli)
    assert str(found.sli) == shown


@pytest.mark.parametrize("query", ["max(a + b)", "avg(sum(a))", "min( sum (a) + b)"])
def test_a_figure_of_sums_is_refused(query):
    text = changed(LATENCY, "spec.objectives.0.op", "lt")
    with pytest.raises(UnsupportedSpec, match="of sums; name one metric in it"):
        read_openslo(text.replace('seconds{model="m"}', query))


@pytest.mark.skipif(not FILES, reason="the OpenSLO specification's files are not beside this tree")
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SPEC_FILES)))
def test_each_file_of_the_specification_is_read_or_refused_for_what_it_is(path):
    try:
        read_openslo(path.read_text())
    except UnsupportedSpec as error:
        assert path.name.startswith("slo-")
        assert "trimtab cannot do" in str(error)  # noqa: PT017 -- three ways to end
    except SloError as error:
        assert INVALID[path.name] in str(error)  # noqa: PT017
    else:
        assert path.name not in INVALID
