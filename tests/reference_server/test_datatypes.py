"""JSON values as arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.datatypes import DATATYPES, TensorSpec, to_array
from reference_server.errors import BadRequest


def spec(datatype: str) -> TensorSpec:
    return TensorSpec(name="x", datatype=datatype, shape=(-1,))


@pytest.mark.parametrize("datatype", sorted(DATATYPES))
def test_every_datatype_can_be_sent(datatype: str) -> None:
    data: dict[str, list[object]] = {"BOOL": [True, False], "BYTES": ["a", "b"]}
    array = to_array(data.get(datatype, [1, 0]), spec(datatype), (2,))
    assert array.dtype == np.dtype(DATATYPES[datatype][1])


def test_nested_rows_and_flat_values_are_the_same() -> None:
    nested = to_array([[1, 2], [3, 4]], spec("FP32"), (2, 2))
    assert nested.tolist() == to_array([1, 2, 3, 4], spec("FP32"), (2, 2)).tolist()


@given(values=st.lists(st.integers(-128, 127), min_size=1))
def test_what_fits_arrives_unchanged(values: list[int]) -> None:
    assert to_array(values, spec("INT8"), (len(values),)).tolist() == values


@pytest.mark.parametrize(
    ("datatype", "data", "says"),
    [
        pytest.param("INT8", [128], "cannot hold", id="an integer past its limit"),
        pytest.param("UINT8", [-1], "cannot hold", id="a negative where there is none"),
        pytest.param("INT32", [1.5], "not INT32", id="a fraction for an integer"),
        pytest.param("INT64", [2**64], "not INT64", id="an integer past all limits"),
        pytest.param("FP32", ["1"], "not FP32", id="a text for a number"),
        pytest.param("FP32", [True], "not FP32", id="a truth value for a number"),
        pytest.param("FP32", [None], "not FP32", id="nothing for a number"),
        pytest.param("FP16", [1e9], "cannot hold", id="a float past its limit"),
        pytest.param("FP16", [-(2**63)], "cannot hold", id="a float far below its limit"),
        pytest.param("FP64", [10**400], "not FP64", id="an integer past all floats"),
        pytest.param("BOOL", [1], "not BOOL", id="a number for a truth value"),
        pytest.param("BYTES", [1], "not BYTES", id="a number for a text"),
        pytest.param("FP32", [[1], [2, 3]], "unequal length", id="ragged rows"),
        pytest.param("FP32", 1, "needs 'data'", id="a bare number"),
        pytest.param("FP32", [1, 2], "has 2 values", id="too many values"),
    ],
)
def test_what_does_not_fit_is_refused(datatype: str, data: object, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        to_array(data, spec(datatype), (1,))
