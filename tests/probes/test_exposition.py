"""The fast way reads what the slow way reads, or declines."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes import layout_cache
from probes.errors import UnreadableMetrics
from probes.exposition import Limits, Page, read_fast, read_slow
from probes.layout_cache import LayoutCache

PAGES = sorted((Path(__file__).parents[3] / "shared" / "data" / "metrics-pages").glob("*.prom"))
PAGE = b"""# HELP requests_total Answers.
# TYPE requests_total counter
requests_total{code="200"} 10
requests_total{code="500"} 1.5e3
# TYPE requests_created gauge
requests_created{code="200"} 1.7e9
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7000000015e9
"""


def slow(body: bytes) -> Page:
    return read_slow(body, Limits())


def same(one: Page | None, other: Page) -> bool:
    return (
        one is not None
        and one.layout.series == other.layout.series
        and np.array_equal(one.values, other.values, equal_nan=True)
    )


def test_a_page_is_its_series_and_their_values_without_creation_times():
    page = slow(PAGE)
    assert [(name, dict(labels)) for name, labels in page.layout.series] == [
        ("requests_total", {"code": "200"}),
        ("requests_total", {"code": "500"}),
        ("process_start_time_seconds", {}),
    ]
    assert page.values.tolist() == [10.0, 1500.0, 1700000001.5]
    assert page.layout.types["requests_total"] == "counter"
    assert page.started == 1700000001.5


def test_a_page_that_does_not_say_when_its_process_began():
    assert slow(b"a 1\n").started is None
    assert slow(b"process_start_time_seconds NaN\n").started is None


def test_a_series_whose_name_only_ends_like_a_creation_time_is_kept():
    assert [name for name, _ in slow(b"pods_created 4\n").layout.series] == ["pods_created"]


def test_the_second_page_of_a_layout_goes_the_fast_way():
    after = PAGE.replace(b" 10\n", b" 11\n").replace(b"1.5e3", b"1501")
    found = read_fast(slow(PAGE).layout, after)
    assert same(found, slow(after))
    assert found.values.tolist()[:2] == [11.0, 1501.0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"500", b"404", id="another series"),
        pytest.param(b"Answers", b"Replies", id="another comment"),
        pytest.param(b" 10\n", b" 10\nmore 1\n", id="another line"),
        pytest.param(b" 10\n", b" 10 1700000000\n", id="a timestamp"),
        pytest.param(b" 10\n", b" +Inf\n", id="an infinity"),
        pytest.param(b" 10\n", b" 1.\n", id="a number that JSON does not know"),
        pytest.param(b" 10\n", b" ten\n", id="a word"),
        pytest.param(b" 10\n", b" 10,11\n", id="a comma between numbers"),
        pytest.param(b" 10\n", b" \n", id="no number"),
        pytest.param(b" 10\n", b" NaN10\n", id="a number after no number"),
        pytest.param(b" 10\n", b" N,aN\n", id="no number with a comma in it"),
        pytest.param(b" 10\n", b" null\n", id="a word that JSON knows"),
    ],
)
def test_the_fast_way_declines_what_it_does_not_know(old, new):
    assert read_fast(slow(PAGE).layout, PAGE.replace(old, new)) is None


def test_what_is_not_a_number_stays_on_the_fast_way():
    idle = PAGE.replace(b" 10\n", b" NaN\n")
    assert same(read_fast(slow(PAGE).layout, idle), slow(idle))


def test_a_page_without_samples_has_no_fast_way():
    assert read_fast(slow(b"# nothing\n").layout, b"# nothing\n") is None


def test_a_page_of_one_sample_has():
    assert read_fast(slow(b"a 1\n").layout, b"a 2\n").values.tolist() == [2.0]


@pytest.mark.skipif(not PAGES, reason="the pages of real servers are not beside this tree")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_both_ways_read_the_pages_of_real_servers_the_same(path):
    page = slow(path.read_bytes())
    found = read_fast(page.layout, path.read_bytes())
    assert found is None or same(found, page)


NUMBERS = st.one_of(
    st.floats().map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.text(alphabet="0123456789.eE+-,NaInf x", max_size=8),
)


@given(st.lists(NUMBERS, min_size=3, max_size=3))
def test_both_ways_read_any_numbers_the_same_or_the_fast_one_declines(numbers):
    layout = slow(b'a 1\nb{x="1"} 2\n# c\nc 3\n').layout
    body = 'a {}\nb{{x="1"}} {}\n# c\nc {}\n'.format(*numbers).encode()
    found = read_fast(layout, body)
    if found is not None:
        assert same(found, slow(body))


@given(st.data())
def test_a_page_changed_anywhere_is_never_misread(data):
    at = data.draw(st.integers(0, len(PAGE)))
    gone = data.draw(st.integers(0, 3))
    new = data.draw(st.binary(max_size=3))
    body = PAGE[:at] + new + PAGE[at + gone :]
    found = read_fast(slow(PAGE).layout, body)
    if found is not None:
        assert same(found, slow(body))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"a 1\nb 12", "Was the page cut off", id="a last line that does not end"),
        pytest.param(b"a \xff\n", "must be UTF-8", id="bytes that are no text"),
        pytest.param(b"a 1\na 2\n", "line 2 repeats the series a", id="a series twice"),
        pytest.param(b"<html>404</html>\n", "starts '<html>404</html>'", id="a web page"),
    ],
)
def test_a_page_is_refused_whole(body, reason):
    with pytest.raises(UnreadableMetrics, match=reason):
        slow(body)


def test_a_page_has_only_so_many_samples():
    with pytest.raises(UnreadableMetrics, match=r"more than 2 samples\. Ask for fewer"):
        read_slow(b"a 1\nb 1\nc 1\n", Limits(samples=2))


def test_a_page_has_only_so_many_lines():
    with pytest.raises(UnreadableMetrics, match="more than 2 lines"):
        read_slow(b"#\n" * 3, Limits(lines=2))


def test_an_empty_page_has_no_samples():
    assert len(slow(b"").values) == 0


def test_replicas_share_a_layout_object():
    cache = LayoutCache()
    one, two = cache.read("one", PAGE), cache.read("two", PAGE.replace(b" 10\n", b" 99\n"))
    assert one.layout is two.layout
    assert two.values[0] == 99.0
    assert cache.read("one", PAGE).layout is one.layout


def test_a_page_that_changed_gets_a_new_layout_and_may_change_back():
    cache = LayoutCache()
    first = cache.read("one", PAGE).layout
    longer = cache.read("one", PAGE + b"more 1\n").layout
    assert longer is not first
    assert cache.read("one", PAGE).layout is first


def test_a_comment_that_moved_makes_another_layout():
    cache = LayoutCache()
    one, two = cache.read("one", b"a 1\n# c\nb 2\n"), cache.read("two", b"# c\na 1\nb 2\n")
    assert one.layout is not two.layout


def test_the_least_used_layouts_make_room(monkeypatch):
    monkeypatch.setattr(layout_cache, "MAX_LAYOUTS", 2)
    cache = LayoutCache()
    first = cache.read("0", b"a0 1\n").layout
    for number in range(1, 4):
        cache.read(str(number), b"a%d 1\n" % number)
    assert cache.read("0", b"a0 1\n").layout is not first
