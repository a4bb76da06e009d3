"""Rules that cannot work."""

from datetime import timedelta

import pytest

from slo import (
    WORKBOOK,
    BurnRule,
    Fault,
    Objective,
    Severity,
    lint_retention,
    lint_rules,
    lint_series,
    read_openslo,
)
from tests.slo.openslo.examples import AVAILABILITY, LATENCY

MONTH = timedelta(days=30)


def faults(target: float, *, per_hour: float | None = None) -> list[tuple[int, Fault]]:
    objective = Objective(target=target, window=MONTH)
    found = lint_rules(WORKBOOK, objective, events_per_hour=per_hour)
    return [(WORKBOOK.index(finding.rule), finding.fault) for finding in found]


@pytest.mark.parametrize(
    ("target", "per_hour", "expected"),
    [
        pytest.param(0.999, 10_000, [], id="three nines with traffic"),
        pytest.param(0.999, None, [], id="unknown traffic is not judged by"),
        pytest.param(0.999, 0, [], id="no traffic has no events to fire"),
        pytest.param(0.9306, None, [], id="just possible"),
        pytest.param(0.93, None, [(0, Fault.CANNOT_FIRE)], id="14.4 times 7 % is above all"),
        pytest.param(0.5, None, [(i, Fault.CANNOT_FIRE) for i in range(3)], id="half is promised"),
        pytest.param(0.999, 69, [(0, Fault.ONE_EVENT_FIRES)], id="69 requests in the hour"),
        pytest.param(0.999, 70, [], id="70 requests in the hour"),
        pytest.param(
            0.999, 10, [(i, Fault.ONE_EVENT_FIRES) for i in range(4)], id="10 requests an hour"
        ),
    ],
)
def test_what_is_found(target, per_hour, expected):
    assert faults(target, per_hour=per_hour) == expected


def test_a_rule_that_tickets_a_kept_promise_is_found():
    rule = BurnRule(
        severity=Severity.TICKET,
        long=timedelta(days=3),
        short=timedelta(hours=6),
        budget_share=0.1,
    )
    four_weeks = Objective(target=0.999, window=timedelta(days=28))
    (found,) = lint_rules((rule,), four_weeks, events_per_hour=None)
    assert found.fault is Fault.FIRES_WITHIN_BUDGET
    assert "0.933333x the allowed errors" in found.advice


def test_the_advice_names_a_promise_that_works():
    objective = Objective(target=0.9, window=MONTH)
    (found,) = lint_rules(WORKBOOK, objective, events_per_hour=None)
    assert "144% errors" in found.advice
    assert "Promise more than 93.06%" in found.advice


(RATIO,) = read_openslo(AVAILABILITY)
(FAST,) = read_openslo(LATENCY)
SECONDS = [("seconds_bucket", {"model": "m", "le": edge}) for edge in ("0.1", "0.5", "+Inf")]


@pytest.mark.parametrize(
    ("spec", "series", "fault", "advice"),
    [
        pytest.param(
            FAST, SECONDS, Fault.EDGE_MISSING, "Use one of 0.1, 0.5", id="no bucket ends there"
        ),
        pytest.param(
            FAST,
            [("seconds", {"model": "m", "quantile": "0.5"})],
            Fault.NOT_COUNTABLE,
            "is a summary",
            id="a summary",
        ),
        pytest.param(
            RATIO, [("request", {})], Fault.NOTHING_MATCHES, "Nothing matches requests", id="a typo"
        ),
        pytest.param(
            RATIO,
            [("requests", {"code": "200"})],
            Fault.NO_FAILURE_SEEN,
            "until it does, there are no failures",
            id="no failure yet",
        ),
    ],
)
def test_what_no_page_shows_is_found(spec, series, fault, advice):
    (found,) = lint_series(spec, series)
    assert found.fault is fault
    assert advice in found.advice
    assert found.note is (fault is Fault.NO_FAILURE_SEEN)


def test_what_the_pages_show_is_fine():
    assert lint_series(RATIO, [("requests", {"code": "500"})]) == ()


def test_a_memory_shorter_than_the_window_is_found():
    (found,) = lint_retention(RATIO, timedelta(days=15))
    assert found.fault is Fault.RETENTION_SHORT
    assert "promise over 15 days at most" in found.advice
    assert lint_retention(RATIO, timedelta(days=28)) == ()
