from collections.abc import Iterator
from datetime import timedelta

import pytest

from controlplane.counting import Counting
from controlplane.slo_evaluation import begin_counting, evaluate_promise, make_promise
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from probes.exposition import Page
from probes.layout_cache import LayoutCache
from slo import LatencySli, Objective, RatioSli, Selector, SloSpec

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
    assert begin_counting(promise, counting, [page(0, 0)], sources=A) == ""
    assert begin_counting(promise, counting, [], sources=A) == ""
    observe(counting, page(10, 20), 0.0)
    observe(counting, page(17, 30), 1.0)
    found = evaluate_promise(promise, counting, now=1.0)
    assert (found.budget.counts.good, found.budget.counts.total) == (7, 10)
    assert found.state == "exhausted"


def test_an_edge_that_no_page_has_is_told_with_those_there_are(counting: Counting) -> None:
    promise = make_promise(slo(LATENCY), sources=[], interval_seconds=1.0)
    pages = [LayoutCache().read("a", OTHER.encode())]
    missing = begin_counting(promise, counting, pages, sources=A)
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
