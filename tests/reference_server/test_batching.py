"""Several requests as one call."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.batching import fits_with, rows_of, split, stack
from reference_server.errors import ModelFailed


def ones(*shape: int) -> dict[str, np.ndarray]:
    return {"x": np.ones(shape)}


@given(rows=st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_what_is_stacked_comes_apart_again(rows: list[int]) -> None:
    requests = [{"x": np.full((count, 2), number)} for number, count in enumerate(rows)]
    parts = split([stack(requests)["x"]], rows)
    assert [part[0].tolist() for part in parts] == [one["x"].tolist() for one in requests]


def test_rows_are_the_first_size() -> None:
    assert rows_of(ones(3, 2)) == 3
    assert rows_of({"x": np.array(1.0)}) == 1


def test_requests_of_other_widths_do_not_fit_together() -> None:
    assert fits_with(ones(1, 2), ones(5, 2))
    assert not fits_with(ones(1, 2), ones(1, 3))


def test_a_request_whose_inputs_differ_in_rows_fits_with_none() -> None:
    odd = {"x": np.ones((1, 2)), "y": np.ones((2, 2))}
    even = {"x": np.ones((1, 2)), "y": np.ones((1, 2))}
    assert not fits_with(even, odd)


def test_an_output_of_other_rows_is_an_error() -> None:
    with pytest.raises(ModelFailed, match="3 rows"):
        split([np.ones((2, 1))], [1, 2])
