"""Arrays as text."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from canary_analysis import InvalidSnapshot
from canary_analysis.arrays import from_text, to_text


@given(arrays(np.int64, st.tuples(st.integers(0, 4), st.integers(1, 5))))
def test_whole_numbers_come_back_as_they_were(array):
    back = from_text("counts", json.loads(json.dumps(to_text(array))))
    assert (back == array).all()
    assert back.shape == array.shape


@pytest.mark.parametrize(
    "saved",
    [
        pytest.param(None, id="missing"),
        pytest.param({"shape": [1]}, id="without its numbers"),
        pytest.param({"shape": [1], "int64": "????"}, id="not packed"),
        pytest.param({**to_text(np.arange(3)), "shape": [7]}, id="of another shape"),
    ],
)
def test_a_damaged_array_is_named(saved):
    with pytest.raises(InvalidSnapshot, match=r"The saved totals .* Was the snapshot"):
        from_text("totals", saved)
