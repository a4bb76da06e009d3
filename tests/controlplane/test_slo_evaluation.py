from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controlplane.counting import Counting
from controlplane.errors import InvalidConfig
from controlplane.promise import RuleLimit, make_promise
from controlplane.slo_evaluation import begin_counting, evaluate_promise, perhaps_good
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from probes.exposition import Page
from probes.layout_cache import LayoutCache
from slo import (
    Budgeting,
    BurnRule,
    CalendarWindow,
    LatencySli,
    Method,
    Objective,
    RatioSli,
    Selector,
    Severity,
    Sli,
    SloSpec,
    Threshold,
    ThresholdSli,
    parse_selectors,
)

A = frozenset({"a"})
PAGE = """latency_seconds_bucket{{le="0.5"}} {fast}
latency_seconds_bucket{{le="+Inf"}} {total}
latency_seconds_count {total}
"""
OTHER = 'latency_seconds_bucket{le="0.25"} 1\nlatency_seconds_bucket{le="+Inf"} 1\n'
LATENCY = LatencySli(histogram=Selector(name="latency_seconds"), limit=0.5)


def slo(sli: object) -> SloSpec:
    return SloSpec(
        name="test",
        service="resnet",
        description="",
        objective=Objective(target=0.9, window=timedelta(hours=1)),
        sli=sli,
        labels={},
    )


def page(fast: int, total: int) -> Page:
    return LayoutCache().read("a", PAGE.format(fast=fast, total=total).encode())


@pytest.fixture
def counting() -> Iterator[Counting]:
    engine = open_database("sqlite://")
    yield Counting(CountStore(engine), now=0.0)
    engine.dispose()


def observe(counting: Counting, found: Page, at: float) -> None:
    counting.observe("a", found.layout.series, found.values, started=0.0)
    counting.mark(at)


def test_a_latency_slo_waits_for_a_page_and_then_counts_at_its_edge(counting: Counting) -> None:
    promise = make_promise(slo(LATENCY), sources=[], interval_seconds=1.0)
    assert begin_counting(promise, counting, [], sources=A)
    assert evaluate_promise(promise, counting, now=0.0).unknown == "not counted yet"
    assert begin_counting(promise, counting, [page(0, 0).layout.series], sources=A) == ""
    assert begin_counting(promise, counting, [], sources=A) == ""
    observe(counting, page(10, 20), 0.0)
    observe(counting, page(17, 30), 1.0)
    found = evaluate_promise(promise, counting, now=1.0)
    assert (found.budget.counts.good, found.budget.counts.total) == (7, 10)
    assert found.state == "exhausted"


def test_an_edge_that_no_page_has_is_told_with_those_there_are(counting: Counting) -> None:
    promise = make_promise(slo(LATENCY), sources=[], interval_seconds=1.0)
    shown = [LayoutCache().read("a", OTHER.encode()).layout.series]
    missing = begin_counting(promise, counting, shown, sources=A)
    assert "0.25" in missing


@pytest.mark.parametrize(
    ("part", "counted", "good"),
    [
        pytest.param("good", 7, 7, id="good ones are counted"),
        pytest.param("bad", 3, 7, id="bad ones are counted"),
        pytest.param("good", 12, 10, id="good ones read a moment later are not more than all"),
        pytest.param("bad", 12, 0, id="nor are bad ones"),
    ],
)
def test_good_is_between_nothing_and_all(
    counting: Counting, part: str, counted: int, good: int
) -> None:
    total = (Selector(name="all_total"),)
    sli = RatioSli(total=total, **{part: (Selector(name="part_total"),)})
    promise = make_promise(slo(sli), sources=[], interval_seconds=1.0)
    begin_counting(promise, counting, [], sources=A)
    layouts = LayoutCache()
    for at, (some, every) in enumerate([(0, 0), (counted, 10)]):
        text = f"part_total {some}\nall_total {every}\n"
        observe(counting, layouts.read("a", text.encode()), float(at))
    found = evaluate_promise(promise, counting, now=1.0)
    assert found.budget.counts.good == good


GAUGE = ThresholdSli(
    series=(Selector(name="cache"),), threshold=Threshold(operator="lt", limit=0.9)
)
NAMED_AS_IF_A_HISTOGRAM = LatencySli(histogram=Selector(name="cache"), limit=0.8)


@pytest.mark.parametrize("sli", [GAUGE, NAMED_AS_IF_A_HISTOGRAM])
def test_each_page_is_one_reading_of_a_gauge(counting: Counting, sli: Sli) -> None:
    promise = make_promise(slo(sli), sources=[], interval_seconds=1.0)
    for second, use in enumerate((0.5, 0.95, 0.8, 1.0)):
        found = LayoutCache().read("a", f"cache {use}\n".encode())
        assert begin_counting(promise, counting, [found.layout.series], sources=A) == ""
        observe(counting, found, float(second))
    counts = evaluate_promise(promise, counting, now=3.0).budget.counts
    assert (counts.good, counts.total) == (2, 4)
    assert "cache" in promise.names


def test_a_calendar_budget_begins_anew_with_its_period(counting: Counting) -> None:
    day = CalendarWindow(count=1, unit="d", start=datetime(2026, 1, 1), zone="Europe/Berlin")
    spec = replace(slo(LATENCY), objective=Objective(target=0.9, window=day.nominal, calendar=day))
    promise = make_promise(spec, sources=[], interval_seconds=1.0)
    begin_counting(promise, counting, [page(0, 0).layout.series], sources=A)
    midnight = day.at(datetime(2026, 3, 30, 12, tzinfo=UTC).timestamp()).start
    observe(counting, page(0, 0), midnight - 60.0)
    observe(counting, page(5, 10), midnight - 30.0)
    observe(counting, page(5, 10), midnight)
    observe(counting, page(8, 14), midnight + 30.0)
    before = evaluate_promise(promise, counting, now=midnight - 1.0)
    after = evaluate_promise(promise, counting, now=midnight + 30.0)
    assert before.window.seconds == 23 * 3600
    assert before.window.end == midnight == after.window.start
    assert (after.budget.counts.good, after.budget.counts.total) == (3, 4)


def test_a_window_longer_than_what_is_kept_is_refused() -> None:
    spec = replace(slo(LATENCY), objective=Objective(target=0.9, window=timedelta(days=500)))
    with pytest.raises(
        InvalidConfig, match=r"test promises over 500 days; counts are kept for 400"
    ):
        make_promise(spec, sources=[], interval_seconds=1.0)


def test_rules_of_an_slo_s_own_take_the_place_of_the_usual_ones() -> None:
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    own = BurnRule(severity=Severity.PAGE, long=hour, short=minute, budget_share=0.1)
    brief = replace(own, long=timedelta(minutes=2))
    spec = replace(slo(LATENCY), rules=(own, brief))
    assert make_promise(spec, sources=[], interval_seconds=5.0).rules == (own, brief)
    with pytest.raises(InvalidConfig, match="over 120 s, and is counted every 60 s"):
        make_promise(spec, sources=[], interval_seconds=60.0)
    slow = make_promise(replace(spec, rules=(own,)), sources=[], interval_seconds=60.0)
    assert slow.rules == (replace(own, short=timedelta(minutes=2)),)
    assert slow.limits == (RuleLimit(windows=(3600.0, 120.0), error_ratio=pytest.approx(0.01)),)


@pytest.mark.parametrize(
    ("method", "target", "good", "total"),
    [
        (Method.TIMESLICES, 0.9, 2, 4),
        (Method.RATIO_TIMESLICES, 0.0, 2_500_000_000, 4_000_000_000),
    ],
)
def test_slices_of_time_are_counted_instead_of_events(method, target, good, total) -> None:
    sli = RatioSli(bad=parse_selectors("bad_total"), total=parse_selectors("all_total"))
    budgeting = Budgeting(method=method, length=timedelta(minutes=1), target=target)
    promise = make_promise(
        replace(slo(sli), budgeting=budgeting), sources=[], interval_seconds=10.0
    )
    counting = Counting(CountStore(open_database("sqlite://")), now=0.0)
    begin_counting(promise, counting, [], sources=frozenset({"a"}))
    bad = count = 0.0
    # A good minute, one that fails wholly, one without traffic, a half and a good one.
    for second in range(5, 310, 10):
        share = {1: 1.0, 3: 0.5}.get(second // 60, 0.0)
        more = 0.0 if second // 60 == 2 or second == 5 else 10.0
        bad, count = bad + more * share, count + more
        series = (("all_total", {}), ("bad_total", {}))
        counting.observe("a", series, np.array([count, bad]), started=None)
        counting.mark(float(second))
    found = evaluate_promise(promise, counting, now=305.0)
    assert (found.budget.counts.good, found.budget.counts.total) == (good, total)
    assert all(rule.short >= timedelta(minutes=2) for rule in promise.rules)


def test_a_limit_between_two_edges_counts_at_the_lower_one_and_tells_how_far_off_it_may_be(
    counting: Counting,
) -> None:
    between = replace(LATENCY, limit=0.7, bounded=True)
    promise = make_promise(slo(between), sources=[], interval_seconds=1.0)
    assert begin_counting(promise, counting, [page(0, 0).layout.series], sources=A) == ""
    observe(counting, page(0, 0), 0.0)
    observe(counting, page(7, 10), 1.0)
    found = evaluate_promise(promise, counting, now=1.0)
    assert (found.budget.counts.bad, found.budget.counts.total) == (3, 10)
    assert perhaps_good(promise, counting, found) == 3
    refused = make_promise(slo(replace(between, bounded=False)), sources=[], interval_seconds=1.0)
    why = begin_counting(
        refused,
        Counting(CountStore(open_database("sqlite://")), now=0.0),
        [page(0, 0).layout.series],
        sources=A,
    )
    assert "No bucket of" in why
