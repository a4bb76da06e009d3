"""Readings of gauges: counted page by page, against a count by hand."""

from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import Combine, InvalidObjective, Ledger, Readings, Threshold, parse_selectors

OPERATORS = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
}
COMBINED = {"max": max, "min": min, "sum": sum, "avg": lambda many: sum(many) / len(many)}
SERIES = [("cache", {"gpu": "0"}), ("cache", {"gpu": "1"}), ("other", {})]
VALUES = st.one_of(st.integers(0, 4).map(float), st.just(nan))


@given(
    pages=st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=20),
    operator=st.sampled_from(sorted(OPERATORS)),
    combine=st.sampled_from(list(Combine)),
)
def test_readings_are_counted_as_by_hand(
    pages: list[tuple[float, float, float]], operator: str, combine: Combine
) -> None:
    ledger, cache = Ledger(), parse_selectors("cache")
    limit = Threshold(operator=operator, limit=2.0)
    ledger.define("good", cache, readings=Readings(combine=combine, threshold=limit))
    ledger.define("all", cache, readings=Readings(combine=combine))
    good = total = 0
    for page in pages:
        ledger.observe("a", SERIES, np.array(page), started=None, watched_since=0.0)
        known = [value for value in page[:2] if not isnan(value)]
        if known and combine is not Combine.EACH:
            known = [COMBINED[combine.value](known)]
        total += len(known)
        good += sum(OPERATORS[operator](value, 2.0) for value in known)
    assert (ledger.value("good"), ledger.value("all")) == (good, total)


def test_readings_go_on_after_a_restart_of_ours() -> None:
    every = Readings(combine=Combine.EACH)
    ledger = Ledger()
    ledger.define("all", parse_selectors("cache"), readings=every)
    ledger.observe("a", SERIES, np.array([1.0, 2.0, 3.0]), started=None, watched_since=0.0)
    again = Ledger.restore(ledger.snapshot())
    again.define("all", parse_selectors("cache"), readings=every)
    again.observe("a", SERIES, np.array([1.0, 2.0, 3.0]), started=None, watched_since=9.0)
    assert again.value("all") == 4
    assert again.by_source("all") == {"a": 4}


def test_a_gauge_may_be_negative_and_is_never_reset() -> None:
    ledger = Ledger()
    cold = Readings(combine=Combine.EACH, threshold=Threshold(operator="lt", limit=0.0))
    ledger.define("cold", parse_selectors("cache"), readings=cold)
    for value in (5.0, -1.0, -inf):
        page = np.array([value, 1.0, 0.0])
        seen = ledger.observe("a", SERIES, page, started=None, watched_since=0.0)
        assert (seen.resets, seen.refused) == (0, 0)
    assert ledger.value("cold") == 2


@pytest.mark.parametrize(("operator", "limit"), [("eq", 1.0), ("lt", nan), ("gt", inf)])
def test_a_limit_that_nothing_can_keep_to_is_refused(operator: str, limit: float) -> None:
    with pytest.raises(InvalidObjective, match=r"is not known|must be finite"):
        Threshold(operator=operator, limit=limit)
