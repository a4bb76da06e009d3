"""What is written and read again is the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import read_documents, write_openslo
from tests.slo.openslo.specification_files import FILES, FOLDER

TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["2020-01-21 12:30:00", "true", "1e3", "null", "0x1", "a: b", "- x", "", "1_000", "y"]
    ),
)
VALUE = st.recursive(
    st.one_of(TEXT, st.booleans(), st.integers(), st.floats(allow_nan=False), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


def values_of(text: str) -> list[dict]:
    return [each.value for each in read_documents(text)]


@pytest.mark.skipif(not FILES, reason="OpenSLO's files are not beside this tree")
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_reading_writing_and_reading_is_identity(path):
    values = values_of(path.read_text())
    written = write_openslo(values)
    assert values_of(written) == values
    assert write_openslo(values_of(written)) == written
    assert [list(value) for value in values_of(written)] == [list(value) for value in values]


@given(st.lists(st.dictionaries(TEXT, VALUE, min_size=1, max_size=4), max_size=3))
def test_any_document_comes_back(values):
    assert values_of(write_openslo(values)) == values


def test_a_date_is_quoted_so_that_every_reader_takes_it_for_text():
    written = write_openslo([{"startTime": "2026-01-01 00:00:00"}])
    assert written == "startTime: '2026-01-01 00:00:00'\n"
