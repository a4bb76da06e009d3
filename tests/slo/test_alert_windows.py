"""The Workbook's rules, for windows of any length."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import WORKBOOK, BurnRule, Severity, rules_for

MONTH = timedelta(days=30)
INSTANT = timedelta(seconds=1)


def test_thresholds_are_those_of_the_workbook():
    assert [rule.threshold(MONTH) for rule in WORKBOOK] == [14.4, 6.0, 3.0, 1.0]


def test_a_month_gets_the_workbooks_own_rules():
    assert rules_for(MONTH, resolution=INSTANT) == WORKBOOK


@given(st.timedeltas(min_value=timedelta(hours=1), max_value=timedelta(days=365)))
def test_every_window_has_the_same_factors_and_never_one_below_one(window):
    factors = [rule.threshold(window) for rule in rules_for(window, resolution=INSTANT)]
    assert factors == pytest.approx([14.4, 6.0, 3.0, 1.0], rel=1e-4)


def test_a_short_window_scales_in_proportion():
    page, *_ = rules_for(timedelta(hours=6), resolution=timedelta(seconds=2))
    assert (page.long, page.short) == (timedelta(seconds=30), timedelta(seconds=2.5))


def test_a_short_window_is_never_shorter_than_can_be_counted():
    rules = rules_for(timedelta(hours=6), resolution=timedelta(seconds=10))
    assert [rule.short.total_seconds() for rule in rules] == [10, 15, 60, 180]


def test_a_rule_whose_windows_would_be_one_is_left_out():
    rules = rules_for(timedelta(hours=6), resolution=timedelta(seconds=30))
    assert [rule.long.total_seconds() for rule in rules] == [180, 720, 2160]


def test_the_factor_follows_from_the_share_of_the_budget():
    rule = BurnRule(severity=Severity.PAGE, long=timedelta(days=3), short=INSTANT, budget_share=0.5)
    assert rule.threshold(MONTH) == 5.0
