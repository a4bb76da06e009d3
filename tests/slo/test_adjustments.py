"""What is taken out of a budget, held against a calendar read minute by minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import Adjustments, Exclusion, InvalidSpec, Reset

SPANS = st.tuples(st.integers(0, 100), st.integers(1, 40)).map(
    lambda pair: Exclusion(start=pair[0], end=sum(pair))
)


@given(st.lists(SPANS, max_size=6), st.integers(0, 100), st.integers(1, 60))
def test_each_moment_is_taken_out_once(exclusions, since, length):
    found = Adjustments(exclusions=tuple(exclusions)).excluded(since, since + length)
    for moment in range(since, since + length):
        wanted = any(each.start <= moment < each.end for each in exclusions)
        assert sum(span.start <= moment < span.end for span in found) == wanted
    assert all(a.end < b.start for a, b in pairwise(found))


def test_a_rule_comes_again():
    tuesday = datetime(2026, 1, 6, 5, tzinfo=UTC)
    weekly = Exclusion(
        start=tuesday.timestamp(),
        end=(tuesday + timedelta(minutes=30)).timestamp(),
        rule="FREQ=WEEKLY;BYDAY=TU",
    )
    spans = weekly.spans(
        datetime(2026, 2, 3, 5, 10, tzinfo=UTC).timestamp(),
        datetime(2026, 3, 1, tzinfo=UTC).timestamp(),
    )
    begins = [datetime.fromtimestamp(span.start, UTC) for span in spans]
    assert [each.day for each in begins] == [3, 10, 17, 24]
    assert {each.hour for each in begins} == {5}


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=3", [1, 2, 3]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20260105T050000Z", [1, 3, 5]),
        ("FREQ=DAILY;UNTIL=20260105T045959Z", [1, 2, 3, 4]),
        ("FREQ=MONTHLY;BYMONTHDAY=29;BYMONTH=2,1;UNTIL=20270101T000000Z", [29]),
    ],
)
def test_a_rule_ends_when_it_says(rule, days):
    start = datetime(2026, 1, 1, 5, tzinfo=UTC).timestamp()
    found = Exclusion(start=start, end=start + 60.0, rule=rule).spans(start, start + 40e7)
    assert [datetime.fromtimestamp(span.start, UTC).day for span in found] == days


@pytest.mark.parametrize(
    ("rule", "advice"),
    [
        ("FREQ=SECONDLY", "comes too often"),
        ("FREQ=FORTNIGHTLY", "cannot be read"),
        ("every tuesday", "cannot be read"),
        ("DTSTART:20260101T000000\nRRULE:FREQ=DAILY", "the rule alone"),
        ("FREQ=DAILY;" * 60, "comes too often"),
        ("FREQ=DAILY;BYHOUR=1,2,3", "its time of day are the exclusion's"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "does not come within five years"),
        ("FREQ=DAILY;COUNT=0", "does not come within five years"),
        ("FREQ=DAILY;UNTIL=19690101T000000Z", "does not come within five years"),
        ("FREQ=DAILY;UNTIL=19990101", "cannot be read"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(rule, advice):
    with pytest.raises(InvalidSpec, match=advice):
        Exclusion(start=0.0, end=60.0, rule=rule)


def test_an_exclusion_that_ends_before_it_begins_is_refused():
    with pytest.raises(InvalidSpec, match="must end after it begins"):
        Exclusion(start=60.0, end=60.0)


def test_a_reset_begins_the_budget_anew_once_it_is_past():
    resets = Adjustments(resets=(Reset(at=50.0), Reset(at=90.0)))
    assert resets.begin(10.0, now=80.0) == 50.0
    assert resets.begin(60.0, now=80.0) == 60.0
    assert Adjustments().begin(10.0, now=80.0) == 10.0


@given(st.text(alphabet="FREQ=DAILYWKBYUNTO;123-Z", max_size=30))
def test_no_rule_does_worse_than_being_refused(rule):
    try:
        found = Exclusion(start=0.0, end=60.0, rule=rule)
    except InvalidSpec:
        return
    assert len(found.spans(0.0, 86_400.0 * 30)) <= 10_000
