"""Raw samples count what the ledger counts when the same samples come page by page."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import (
    Combine,
    Ledger,
    RatioSli,
    RawSeries,
    Readings,
    Threshold,
    ThresholdSli,
    count_raw,
    parse_selectors,
)

VALUE = st.one_of(st.integers(0, 50), st.sampled_from([np.nan, -1.0, 2.0**60]))
SHOWN = st.sampled_from(["ok", "bad", "other"])
PAGES = st.lists(st.dictionaries(SHOWN, VALUE, min_size=1), min_size=1, max_size=15)
SOURCES = st.dictionaries(st.sampled_from(["a", "b"]), PAGES, min_size=1)
SLI = RatioSli(total=parse_selectors("requests"), bad=parse_selectors('requests{code="bad"}'))


def raw(pages_by_source) -> list[RawSeries]:
    """Return the series of pages, each of which shows ``up``: so the source is seen by it."""
    found = []
    for source, pages in pages_by_source.items():
        times = np.arange(len(pages), dtype=float)
        up = RawSeries(name="up", labels={}, source=source, times=times, values=np.ones(len(pages)))
        found.append(up)
        for code in ("ok", "bad", "other"):
            shown = [(at, page[code]) for at, page in enumerate(pages) if code in page]
            if shown:
                times, values = np.array(shown, dtype=float).T
                found.append(
                    RawSeries(
                        name="requests",
                        labels={"code": code},
                        source=source,
                        times=times,
                        values=values,
                    )
                )
    return found


@given(SOURCES)
def test_counters_gain_what_the_ledger_counts(pages_by_source):
    ledger = Ledger()
    ledger.define("bad", SLI.bad)
    ledger.define("all", SLI.total)
    for source, pages in pages_by_source.items():
        for page in pages:
            series = [("up", {}), *(("requests", {"code": code}) for code in page)]
            values = np.array([1.0, *page.values()])
            ledger.observe(source, series, values, started=None, watched_since=0.0)
    history = count_raw(SLI, raw(pages_by_source))
    last = history.since(-1.0, 1e9)
    assert (last.bad, last.total) == (ledger.value("bad"), ledger.value("all"))


@given(SOURCES, st.sampled_from(list(Combine)))
def test_readings_are_those_that_the_ledger_counts(pages_by_source, combine):
    threshold = Threshold(operator="lt", limit=20.0)
    sli = ThresholdSli(series=parse_selectors("requests"), threshold=threshold, combine=combine)
    ledger = Ledger()
    ledger.define("good", sli.series, readings=Readings(combine=combine, threshold=threshold))
    ledger.define("all", sli.series, readings=Readings(combine=combine))
    for source, pages in pages_by_source.items():
        for page in pages:
            series = [("requests", {"code": code}) for code in page]
            values = np.array(list(page.values()), dtype=float)
            ledger.observe(source, series, values, started=None, watched_since=0.0)
    history = count_raw(sli, raw(pages_by_source))
    total = history.total[-1] if len(history.total) else 0
    bad = history.bad[-1] if len(history.bad) else 0
    assert (total - bad, total) == (ledger.value("good"), ledger.value("all"))


def test_series_of_one_source_may_be_scraped_at_moments_of_their_own():
    """Each begins to count with its second sample: what they show at first happened before."""
    moments = np.arange(4) * 15.0
    series = [
        RawSeries(
            name="requests",
            labels={"code": code},
            source="a",
            times=moments + offset,
            values=begin + np.arange(4.0),
        )
        for code, offset, begin in (("ok", 0.0, 1e6), ("bad", 7.0, 1e5))
    ]
    history = count_raw(SLI, series)
    assert (history.bad[-1], history.total[-1]) == (3, 6)


def test_gains_lie_where_they_became_known():
    series = [
        RawSeries(
            name="requests",
            labels={"code": code},
            source="a",
            times=np.array(times),
            values=np.array(values),
        )
        for code, times, values in (
            ("ok", [0.0, 10.0, 20.0, 30.0], [100.0, 110.0, 5.0, 6.0]),
            ("bad", [20.0, 30.0], [2.0, 2.0]),
        )
    ]
    history = count_raw(SLI, series)
    assert history.times.tolist() == [0.0, 10.0, 20.0, 30.0]
    assert history.total.tolist() == [0, 10, 17, 18]
    assert history.bad.tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize(
    "series",
    [[], [RawSeries(name="x", labels={}, source="a", times=np.empty(0), values=np.empty(0))]],
)
def test_nothing_is_an_empty_history(series):
    assert len(count_raw(SLI, series).times) == 0


def test_counting_does_not_begin_where_a_series_went_away():
    """Another series of the target went away before this one was ever read."""
    gone, ok = (
        RawSeries(
            name="requests", labels={"code": code}, source="a", times=at, values=np.array(values)
        )
        for code, at, values in (
            ("bad", np.array([0.0]), [np.nan]),
            ("ok", np.array([0.0, 10.0, 20.0, 30.0]), [np.nan, 500.0, np.nan, 507.0]),
        )
    )
    history = count_raw(SLI, [gone, ok])
    assert history.times.tolist() == [10.0, 30.0]
    assert history.total.tolist() == [0, 7]
