"""OpenSLO documents: what is carried out, what is refused, and where the message points."""

from datetime import datetime, timedelta

import pytest

from slo import (
    Budgeting,
    CalendarWindow,
    InvalidSpec,
    LatencySli,
    Method,
    RatioSli,
    ThresholdSli,
    UnsupportedSpec,
    document_of,
    read_openslo,
    read_openslo_set,
    write_openslo,
)
from tests.slo.openslo.examples import AVAILABILITY, LATENCY, changed


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


def test_several_promises_about_one_indicator_are_an_slo_each():
    text = changed(AVAILABILITY, "spec.objectives", [{"target": 0.9}, {"target": 0.8}])
    found = read_openslo(text)
    assert [(slo.name, slo.objective.target) for slo in found] == [
        ("checkout-1", 0.9),
        ("checkout-2", 0.8),
    ]


def named(cases: list[tuple[str, object, str]]) -> list[str]:
    return [f"{path} is {value!r:.20}" for path, value, _ in cases]


SOURCE = "spec.indicator.spec.ratioMetric.total.metricSource"
UNSUPPORTED = [
    ("spec.timeWindow.0.duration", "1M", "1M, which is not always as long"),
    (f"{SOURCE}.type", "Datadog", "metrics of 'Datadog'; write trimtab or Prometheus"),
    (f"{SOURCE}.spec", {"sql": "select 1"}, "a source without a query"),
    (f"{SOURCE}.spec.query", "rate(x[5m])", r"spec.query: 'rate\(x\[5m\]\)' is no selector"),
]


@pytest.mark.parametrize(("path", "value", "advice"), UNSUPPORTED, ids=named(UNSUPPORTED))
def test_what_cannot_be_done_yet_is_refused_plainly(path, value, advice):
    with pytest.raises(UnsupportedSpec, match=advice):
        read_openslo(changed(AVAILABILITY, path, value))


INVALID_FIELDS = [
    (
        "apiVersion",
        "openslo/v2",
        "line 1: SLO checkout, apiVersion must be one of openslo/v1, .* not 'openslo/v2'",
    ),
    ("kind", "Slo", "'Slo' is no kind of openslo/v1. Known are Service"),
    ("metadata.name", "Check_Out", "must be lower-case letters"),
    ("metadata.labels", "x", "metadata.labels must be a mapping of labels"),
    ("metadata.names", "x", "metadata.names is not a field .* Did you mean 'name'"),
    ("metadata", None, "document 1, metadata is missing"),
    ("spec.service", None, "SLO checkout, spec.service is missing"),
    ("spec.description", "x" * 1051, "spec.description has 1051 characters"),
    (
        "spec.budgetingMethod",
        "Counting",
        "must be Occurrences, Timeslices or RatioTimeslices, not 'Counting'",
    ),
    ("spec.objectives", [], "objectives must be a list of at least 1; it is 0"),
    ("spec.objectives", "all", "it is 'all'"),
    ("spec.objectives.0.tarjet", 1, r"spec.objectives\[0\].tarjet .* Did you mean 'target'"),
    ("spec.objectives.0.target", "high", "target must be a share from 0, below 1, not 'high'"),
    ("spec.objectives.0.target", 99.9, r"Did you mean 0.999\?"),
    (
        "spec.objectives.0.targetPercent",
        99.9,
        "exactly one of target or targetPercent; it has target and",
    ),
    ("spec.objectives.0.op", "lte", "op belongs to a thresholdMetric, not to a ratio"),
    (
        "spec.timeWindow.0.duration",
        "30 days",
        "must be a duration such as 30d, 4w or 1M, not '30 days'",
    ),
    ("spec.timeWindow.0.isRolling", "yes", "isRolling must be true or false, not 'yes'"),
    ("spec.indicatorRef", "x", "spec.indicatorRef stands beside indicator; write one"),
    ("spec.indicator.spec.thresholdMetric", {}, "thresholdMetric.metricSource is missing"),
    (f"{SOURCE}.spec.query", 5, "query must be a text, not 5"),
]


@pytest.mark.parametrize(("path", "value", "advice"), INVALID_FIELDS, ids=named(INVALID_FIELDS))
def test_what_breaks_the_specification_is_refused_with_its_place(path, value, advice):
    with pytest.raises(InvalidSpec, match=advice):
        read_openslo(changed(AVAILABILITY, path, value))


@pytest.mark.parametrize(
    ("path", "value", "error", "advice"),
    [
        ("spec.objectives.0.op", "less", InvalidSpec, "op must be lt, lte, gt or gte, not 'less'"),
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
        (
            "calendar.startTime",
            "2026-1-1 00:00:00",
            "must be a time such as 2026-01-01 00:00:00, not '2026-1-1",
        ),
        (
            "calendar.startTime",
            "yesterday",
            "must be a time such as 2026-01-01 00:00:00, not 'yesterday'",
        ),
        ("calendar.startTime", "1066-10-14 09:00:00", "counted from 1066 is odd"),
        ("calendar.timeZone", "Europe/Bonn", "'Europe/Bonn' is no time zone"),
        ("calendar.zone", "UTC", "calendar.zone is not a field of OpenSLO"),
        ("calendar", None, "needs a calendar, or isRolling: true"),
        ("isRolling", True, "calendar belongs to windows with isRolling: false"),
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


def test_files_of_a_set_name_each_other_and_faults_name_their_file():
    slo, _, sli = LATENCY.partition("---")
    (found,) = read_openslo_set([("slos/a.yaml", slo), ("slos/b.yaml", sli)])
    assert found.name == "fast"
    with pytest.raises(
        InvalidSpec, match=r"slos/a.yaml:2: SLO fast, spec.indicatorRef 'seconds' names no SLI"
    ):
        read_openslo_set([("slos/a.yaml", slo)])
    with pytest.raises(
        InvalidSpec, match=r"b.yaml:4: SLO fast, metadata.name is used twice: .* a.yaml:2 too"
    ):
        read_openslo_set([("a.yaml", LATENCY), ("b.yaml", slo)])


@pytest.mark.parametrize(
    ("method", "fields", "expected"),
    [
        (
            "Timeslices",
            {"timeSliceTarget": 0.95, "timeSliceWindow": "5m"},
            Budgeting(method=Method.TIMESLICES, length=timedelta(minutes=5), target=0.95),
        ),
        (
            "RatioTimeslices",
            {"timeSliceWindow": 2},
            Budgeting(method=Method.RATIO_TIMESLICES, length=timedelta(minutes=2)),
        ),
    ],
)
def test_slices_of_time_are_read(method, fields, expected):
    text = changed(AVAILABILITY, "spec.budgetingMethod", method)
    for name, value in fields.items():
        text = changed(text, f"spec.objectives.0.{name}", value)
    (found,) = read_openslo(text)
    assert found.budgeting == expected


def test_slices_have_no_labels_to_blame():
    text = changed(AVAILABILITY, "spec.budgetingMethod", "RatioTimeslices")
    text = changed(text, "spec.objectives.0.timeSliceWindow", "1m")
    text = changed(text, "metadata.annotations", {"trimtab.dev/blame-by": "model"})
    with pytest.raises(UnsupportedSpec, match="slices of time have no labels to blame"):
        read_openslo(text)


@pytest.mark.parametrize("query", ["a", "max(a)", "sum(a)", "a + b"])
@pytest.mark.parametrize("operator", ["lt", "lte"])
def test_an_slo_as_a_document_is_read_as_the_same(query, operator):
    text = changed(LATENCY, "spec.objectives.0.op", operator).replace('seconds{model="m"}', query)
    (found,) = read_openslo(text)
    (again,) = read_openslo(write_openslo([document_of(found)]))
    assert (again.sli, again.objective, again.service) == (found.sli, found.objective, "shop")


def test_the_data_source_that_an_slo_refers_to_is_known():
    assert read_openslo(LATENCY)[0].source == "trimtab"
    assert read_openslo(AVAILABILITY)[0].source == "plane"
    nowhere = AVAILABILITY.replace("metricSourceRef: plane, ", "")
    assert read_openslo(nowhere)[0].source == ""
    torn = nowhere.replace("type: Prometheus", "metricSourceRef: one").replace(
        "total: {metricSource: {", "total: {metricSource: {metricSourceRef: two, "
    )
    with pytest.raises(UnsupportedSpec, match=r"several data sources \(one, two\)"):
        read_openslo(torn)
