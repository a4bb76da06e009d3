"""Patterns, held against Python's own engine, which may take for ever and is only asked briefly."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import InvalidSelector
from slo.pattern import MAX_STEPS, compile_pattern


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, st.sampled_from(["*", "+", "?", "{2}", "{0}", "{1,}", "{0,3}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        st.lists(parts, min_size=1, max_size=3).map("".join),
        st.lists(parts, min_size=1, max_size=3).map(lambda found: f"({'|'.join(found)})"),
    )


ATOMS = st.sampled_from(
    ["a", "b", "0", ".", "[ab]", "[^a]", "[a-c0]", r"\d", r"\W", r"[\d_]", r"\.", "", r"\x61", "é"]
)
PATTERNS = st.recursive(ATOMS, joined, max_leaves=6)
TEXTS = st.text(alphabet="abc01.é\n", max_size=6)


@given(PATTERNS, TEXTS)
def test_a_whole_match_is_what_pythons_engine_says(pattern, text):
    expected = re.fullmatch(pattern, text, re.DOTALL | re.ASCII) is not None
    assert compile_pattern(pattern).matches(text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        pytest.param("5..", "503", True, id="a dot is any character"),
        pytest.param("5..", "5031", False, id="the whole value must match"),
        pytest.param("^a|b$", "b", True, id="anchors at the ends say what is so anyway"),
        pytest.param("[]a]", "]", True, id="a bracket that leads a class is itself"),
        pytest.param("[a-]", "-", True, id="a dash that ends a class is itself"),
        pytest.param("a{,2}", "a{,2}", True, id="braces that count nothing are themselves"),
        pytest.param("a{0}b", "b", True, id="no turn at all"),
        pytest.param(r"\D\S\t", "xx\t", True, id="shorthands and controls"),
        pytest.param(r"[^\d]", "1", False, id="a shorthand inside a class"),
        pytest.param(r"\x2e", ".", True, id="a hexadecimal escape"),
        pytest.param("", "", True, id="nothing matches nothing"),
        pytest.param("(a|)b", "b", True, id="an empty option"),
        pytest.param("[^\\x00-\U0010ffff]", "a", False, id="a class without members"),
    ],
)
def test_a_pattern_matches(pattern, text, expected):
    assert compile_pattern(pattern).matches(text) is expected


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        pytest.param("a)", r"\) without its \(", id="a group that was never opened"),
        pytest.param("(a", r"\( without its \)", id="a group that is never closed"),
        pytest.param("[a", r"\[ without its \]", id="a class that is never closed"),
        pytest.param("[[:alpha:]]", "alpha", id="a named class"),
        pytest.param("*a", "nothing to repeat", id="nothing before the star"),
        pytest.param("a**", "repeat of a repeat", id="a repeat of a repeat"),
        pytest.param("a{3,2}", "wrong order", id="a count that runs backwards"),
        pytest.param("[z-a]", "wrong order", id="a range that runs backwards"),
        pytest.param(r"[\d-z]", "two ends", id="a range from a shorthand"),
        pytest.param("[a-", "two ends", id="a range that breaks off"),
        pytest.param("a\\", "backslash at its end", id="a lone backslash"),
        pytest.param(r"\1", r"escape \\1", id="a back-reference"),
        pytest.param(r"\b", r"escape \\b", id="a word boundary"),
        pytest.param(r"\xzz", "hexadecimal", id="hexadecimal digits that are none"),
        pytest.param("(?i)a", r"\(\?:\.\.\.\)", id="flags"),
        pytest.param("(?=a)", r"\(\?:\.\.\.\)", id="a look-ahead"),
        pytest.param("a^b", r"write \\\^ or", id="an anchor in the middle"),
        pytest.param("a" * 257, "more than 256", id="a pattern too long"),
        pytest.param("((a{100}){100}){9}", "Use \\+ or", id="counts that multiply"),
    ],
)
def test_a_pattern_is_refused_with_advice(pattern, advice):
    with pytest.raises(InvalidSelector, match=advice):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+b", "((a+))+b", "(a|a)*b", "(a|aa)+b", ".*.*.*.*.*.*b", "(.*a){20}b", "(a?){99}a{99}b"],
)
def test_no_pattern_runs_for_ever(pattern):
    assert not compile_pattern(pattern).matches("a" * 2_000)


def test_the_memory_of_steps_is_bounded():
    pattern = compile_pattern("(a|b)*a(a|b){14}")
    bits = (f"{number:014b}" for number in range(1, 2_000, 5))
    pattern.matches("".join(bits).replace("0", "a").replace("1", "b"))
    assert 0 < len(pattern._steps) <= MAX_STEPS
