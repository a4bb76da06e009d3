"""Layouts of pages read before: all of a page, and only its wanted part."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import UnreadableMetrics
from probes.exposition import Format
from probes.layout_cache import WHOLE_EVERY, LayoutCache

NAMES = ("a_total", "b", "c_created", "process_start_time_seconds")
WANTED = frozenset({"a_total", "process_start_time_seconds"})


def page(a: float, b: float = 2.0, start: float = 3.0) -> bytes:
    return (
        f'# TYPE a counter\na_total{{x="1"}} {a}\na_total{{x="2"}} 7\n'
        f"b {b}\nprocess_start_time_seconds {start}\n"
    ).encode()


def test_a_part_is_read_the_same_by_its_first_its_brief_and_its_whole_reads():
    cache = LayoutCache()
    layouts = set()
    for number in range(2 * WHOLE_EVERY + 2):
        found = cache.read("p", page(number), wanted=WANTED)
        layouts.add(id(found.layout))
        assert found.values.tolist() == [number, 7.0, 3.0]
        assert [name for name, _ in found.layout.series] == ["a_total", "a_total", NAMES[3]]
        assert found.started == 3.0
    assert len(layouts) == 1


@given(st.frozensets(st.sampled_from(NAMES)), st.lists(st.floats(0, 1e9), min_size=1, max_size=20))
def test_a_part_shows_what_the_whole_page_shows(wanted, values):
    parts, wholes = LayoutCache(), LayoutCache()
    for value in values:
        part, whole = parts.read("p", page(value), wanted=wanted), wholes.read("p", page(value))
        shown = zip(whole.layout.series, whole.values.tolist(), strict=True)
        chosen = [(one, at) for one, at in shown if one[0] in wanted]
        found = list(zip(part.layout.series, part.values.tolist(), strict=True))
        assert found == (chosen or list(zip(whole.layout.series, whole.values, strict=True)))


def test_a_line_that_is_broken_is_found_at_once_where_it_is_wanted_and_soon_where_not():
    cache = LayoutCache()
    cache.read("p", page(1), wanted=WANTED)
    with pytest.raises(UnreadableMetrics):
        cache.read("p", page(1).replace(b"} 1", b"} one"), wanted=WANTED)
    broken = page(1).replace(b"b 2.0", b"b two")
    cache.read("p", page(1), wanted=WANTED)
    refused = sum(not read_well(cache, broken) for _ in range(2 * WHOLE_EVERY))
    assert refused >= 2


def read_well(cache: LayoutCache, body: bytes) -> bool:
    try:
        cache.read("p", body, wanted=WANTED)
    except UnreadableMetrics:
        return False
    return True


def test_series_that_are_new_are_taken_up():
    cache = LayoutCache()
    cache.read("p", page(1), wanted=WANTED)
    found = cache.read("p", page(1) + b'a_total{x="3"} 9\n', wanted=WANTED)
    assert found.values.tolist() == [1.0, 7.0, 3.0, 9.0]


def test_a_page_that_calls_itself_otherwise_is_another_page():
    cache = LayoutCache()
    text = cache.read("p", b"a 1 1000\n# EOF\n")
    other = cache.read("p", b"a 1 1000\n# EOF\n", Format.OPENMETRICS)
    assert (text.stamps.tolist(), other.stamps.tolist()) == ([1.0], [1000.0])


def test_times_are_those_of_the_part():
    found = LayoutCache().read("p", b"a_total 1 1000\nb 2 2000\n", wanted=frozenset({"b"}))
    assert (found.values.tolist(), found.stamps.tolist()) == ([2.0], [2.0])
    assert np.isnan(LayoutCache().read("p", b"a 1\nb 2 2000\n").stamps[0])
