"""Burn rules as text."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import WORKBOOK, InvalidSpec
from slo.burn_rules_text import parse_burn_rules

MONTH = timedelta(days=30)


def test_the_workbook_can_be_written_down() -> None:
    text = "page 2% 1h/5m, page 5% 6h/30m,ticket 10%  1d/2h , ticket 10% 3d/6h"
    assert parse_burn_rules(text, MONTH) == WORKBOOK


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "'' is no burn rule. Write for example page 2% 1h/5m"),
        ("page 2% 1h/5m,", "'' is no burn rule"),
        ("call 2% 1h/5m", "'call 2% 1h/5m' is no burn rule"),
        ("page 2 1h/5m", "is no burn rule"),
        ("page 0% 1h/5m", "above 0 and at most 100 %"),
        ("page 101% 1h/5m", "above 0 and at most 100 %"),
        ("page 2% 5m/1h", "write the long window first"),
        ("page 2% 1h/1h", "write the long window first"),
        ("page 2% 5w/1h", "at most the SLO's, 30 days"),
        (", ".join(["page 2% 1h/5m"] * 9), "9 burn rules are too many"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, advice: str) -> None:
    with pytest.raises(InvalidSpec, match=advice):
        parse_burn_rules(text, MONTH)


@given(st.text(alphabet="pageticket 0123456789.%mhdw/,", max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        rules = parse_burn_rules(text, MONTH)
    except InvalidSpec:
        return
    assert all(rule.short < rule.long <= MONTH and rule.threshold(MONTH) > 0.0 for rule in rules)
