"""Selectors of series."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import InvalidSelector, Matcher, Selector, parse_selectors

NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,8}", fullmatch=True)
LABELS = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True)
MATCHERS = st.builds(
    Matcher,
    label=LABELS,
    operator=st.sampled_from(["=", "!="]),
    value=st.text(st.characters(codec="utf-8"), max_size=8),
)


def one(query: str) -> Selector:
    (selector,) = parse_selectors(query)
    return selector


@given(
    st.lists(
        st.builds(Selector, name=NAMES, matchers=st.lists(MATCHERS, max_size=2).map(tuple)),
        min_size=1,
        max_size=3,
    )
)
def test_a_query_reads_back_as_it_was_written(selectors):
    assert parse_selectors(" + ".join(map(str, selectors))) == tuple(selectors)


@pytest.mark.parametrize(
    ("query", "written"),
    [
        pytest.param("a", ["a"], id="a bare name"),
        pytest.param(":a:b{}", [":a:b"], id="a name of colons, and empty braces"),
        pytest.param(' a { x = "1" , y != "2", } ', ['a{x="1",y!="2"}'], id="blanks and a comma"),
        pytest.param('sum( a{x="1"} )', ['a{x="1"}'], id="a sum of one selector"),
        pytest.param('sum(a)+b + sum(c{x=~"5.."})', ["a", "b", 'c{x=~"5.."}'], id="a sum of sums"),
        pytest.param(r'a{x="q\"\\\n"}', [r'a{x="q\"\\\n"}'], id="escapes in a value"),
        pytest.param(r'a{x=~"v1\\.2"}', [r'a{x=~"v1\\.2"}'], id="escapes in a pattern"),
    ],
)
def test_a_query_is_read(query, written):
    assert [str(found) for found in parse_selectors(query)] == written


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        pytest.param("", "Write a selector such as", id="nothing"),
        pytest.param("rate(a[5m])", r"found '\(a\[5m\]\)'", id="a rate"),
        pytest.param("a / b", "found '/ b'", id="a division"),
        pytest.param("a[5m]", "found '\\[5m\\]'", id="a range"),
        pytest.param("sum by (x) (a)", "no selector", id="a grouping"),
        pytest.param("sum(a", "no selector", id="a sum that is not closed"),
        pytest.param("a +", "no selector", id="a plus that adds nothing"),
        pytest.param("a{x=1}", "breaks off at 'x=1}'", id="a value without quotes"),
        pytest.param('a{x="1" y="2"}', "breaks off", id="labels without a comma"),
        pytest.param('a{x="1"', "breaks off", id="braces that are not closed"),
        pytest.param(r'a{x="\d"}', r"unknown escape", id="an escape that is none"),
        pytest.param('a{x=~"("}', r"without its \)", id="a broken pattern"),
        pytest.param("a" * 4097, "at most 4096", id="a query too long"),
    ],
)
def test_a_query_is_refused_with_advice(query, advice):
    with pytest.raises(InvalidSelector, match=advice):
        parse_selectors(query)


@pytest.mark.parametrize(
    ("query", "labels", "expected"),
    [
        pytest.param('a{x="1"}', {"x": "1"}, True, id="equal"),
        pytest.param('a{x="1"}', {}, False, id="absent is not equal"),
        pytest.param('a{x=""}', {}, True, id="absent counts as empty"),
        pytest.param('a{x!="1"}', {}, True, id="absent differs"),
        pytest.param('a{x=~"5.."}', {"x": "503"}, True, id="a pattern"),
        pytest.param(r'a{x=~"\d+"}', {"x": "503"}, True, id="a pattern with one backslash"),
        pytest.param('a{x=~"5."}', {"x": "503"}, False, id="a pattern matches the whole value"),
        pytest.param('a{x!~"5.."}', {"x": "200"}, True, id="not the pattern"),
        pytest.param('a{x="1",y="2"}', {"x": "1", "y": "3"}, False, id="every matcher must hold"),
    ],
)
def test_a_selector_selects(query, labels, expected):
    assert one(query).selects("a", labels) is expected
    assert not one(query).selects("b", labels)


def test_a_selector_can_be_narrowed():
    assert str(one('a{x="1"}').where(suffix="_bucket", le="0.5")) == 'a_bucket{x="1",le="0.5"}'
