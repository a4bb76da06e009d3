"""Asking a server only for what is used."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest

from probes.exposition import Limits, read_slow
from probes.page_filter import FilterState, PageFilter, answered, names_to_ask

WANTED = frozenset({"requests_total", "seconds_bucket", "errors_total"})
FULL = frozenset({"requests_total", "seconds_bucket", "gc_1", "gc_2", "gc_3"})


def after(*pages: tuple[frozenset[str], bool]) -> PageFilter:
    known = PageFilter()
    for names, asked in pages:
        known = answered(known, names, WANTED, asked=asked)
    return known


def test_the_whole_page_comes_first_and_then_only_what_is_used():
    assert names_to_ask(PageFilter(), WANTED) == ()
    trying = after((FULL, False))
    assert trying.state is FilterState.TRYING
    assert names_to_ask(trying, WANTED) == tuple(sorted(WANTED))


@pytest.mark.parametrize(
    ("answers", "state", "reason"),
    [
        pytest.param([FULL & WANTED], FilterState.HONOURED, "only what is used", id="it knows"),
        pytest.param([FULL], FilterState.REFUSED, "does not know", id="it prints everything"),
        pytest.param([frozenset()], FilterState.REFUSED, "loses requests_total", id="nothing"),
        pytest.param(
            [FULL & WANTED, frozenset({"requests_total"})],
            FilterState.REFUSED,
            "loses seconds_bucket",
            id="it leaves out something later on",
        ),
        pytest.param([WANTED, WANTED], FilterState.HONOURED, "only", id="something came later"),
    ],
)
def test_what_a_server_makes_of_names_is_found_out_and_kept(answers, state, reason):
    known = after((FULL, False), *((names, True) for names in answers))
    assert known.state is state
    assert reason in known.reason
    assert bool(names_to_ask(known, WANTED)) is (state is FilterState.HONOURED)


def test_a_page_that_is_used_nearly_whole_is_asked_for_whole():
    known = after((frozenset({"requests_total", "seconds_bucket"}), False))
    assert known.state is FilterState.UNTRIED
    assert "nearly all" in known.reason


def test_a_page_without_anything_used_teaches_nothing():
    assert after((frozenset({"gc_1"}), False)) == PageFilter()


def test_more_names_than_an_address_holds_are_not_asked_for():
    known = PageFilter(state=FilterState.HONOURED)
    assert names_to_ask(known, {str(number) for number in range(101)}) == ()


def test_a_real_exporter_honours_names():
    registry = CollectorRegistry()
    Counter("requests", "x", registry=registry).inc()
    Histogram("seconds", "x", registry=registry).observe(1)
    for number in range(9):
        Counter(f"gc_{number}", "x", registry=registry)

    def names(asked: tuple[str, ...]) -> frozenset[str]:
        shown = registry.restricted_registry(asked) if asked else registry
        page = read_slow(generate_latest(shown), Limits())
        return frozenset(name for name, _ in page.layout.series)

    known = answered(PageFilter(), names(()), WANTED, asked=False)
    known = answered(known, names(names_to_ask(known, WANTED)), WANTED, asked=True)
    assert known.state is FilterState.HONOURED
