"""YAML from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import InvalidSpec, SloError
from slo.openslo.documents import read_documents


def test_documents_are_numbered_as_they_stand():
    found = read_documents("a: 1\n---\n---\n- b: 2\n- c: 3\n")
    assert [(each.number, each.value) for each in found] == [
        (1, {"a": 1}),
        (2, {"b": 2}),
        (3, {"c": 3}),
    ]


def test_each_part_knows_its_line():
    (found,) = read_documents("a: 1\nb:\n  - c: 2\n  - d: 3\n")
    lines = [found.line(path) for path in (("a",), ("b",), ("b", 1, "d"), ("b", 1, "nowhere", 7))]
    assert lines == [1, 2, 4, 4]


def test_a_date_stays_the_text_that_it_is():
    (found,) = read_documents("start: 2020-01-21 12:30:00\n")
    assert found.value == {"start": "2020-01-21 12:30:00"}


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        pytest.param("a: [", "Not YAML", id="broken off"),
        pytest.param("a: 1\na: 2\n", "line 1: a key stands twice", id="a key twice"),
        pytest.param("x: &a {b: 1}\ny: *a\n", "line 2: YAML aliases are not read", id="an alias"),
        pytest.param("just text", "document 1 is no mapping but str", id="no mapping"),
        pytest.param("[" * 5_000, "Not YAML", id="brackets without end"),
        pytest.param("{a: " * 40 + "1" + "}" * 40, "deeper than 32", id="too deep"),
        pytest.param("a: b\n" * 300_000, "at most 1048576 are read", id="too large"),
        pytest.param("[" + "{a: 1}, " * 1_001 + "]", "at most 1000 are read", id="too many"),
        pytest.param("a: !!python/name:os.system x", "Not YAML", id="a tag that runs code"),
        pytest.param("a: !!timestamp x", "Not YAML", id="a date that is none"),
        pytest.param("a: !!bool x", "Not YAML", id="a truth that is none"),
        pytest.param("a: !!int ''", "Not YAML", id="a number that is none"),
        pytest.param("{[a]: 1}", "Not YAML", id="a key that cannot be one"),
    ],
)
def test_what_is_not_fit_is_refused(text, advice):
    with pytest.raises(InvalidSpec, match=advice):
        read_documents(text)


@given(st.text(alphabet="ab:-[]{}&*!'\"|>#%@,\n ?~", max_size=30))
def test_no_text_does_worse_than_being_refused(text):
    try:
        found = read_documents(text)
    except SloError:
        return
    assert all(isinstance(each.value, dict) for each in found)
