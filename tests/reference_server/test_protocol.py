"""The Open Inference Protocol: bytes in, arrays out."""

from typing import Any

import numpy as np
import orjson
import pytest

from reference_server.datatypes import TensorSpec
from reference_server.errors import BadRequest
from reference_server.protocol import InferCall, parse_call, render_answer, render_error

INPUTS = (
    TensorSpec(name="a", datatype="FP32", shape=(-1, 2)),
    TensorSpec(name="b", datatype="INT64", shape=(-1,)),
)
OUTPUTS = (
    TensorSpec(name="y", datatype="FP32", shape=(-1,)),
    TensorSpec(name="z", datatype="BYTES", shape=(-1,)),
)
A = {"name": "a", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}
B = {"name": "b", "shape": [1], "datatype": "INT64", "data": [7]}


def parse(**request: Any) -> InferCall:
    return parse_call(orjson.dumps(request), INPUTS, OUTPUTS)


def test_inputs_may_come_in_any_order() -> None:
    call = parse(inputs=[B, A], id="x", parameters={"any": 1})
    assert call.id == "x"
    assert call.inputs["a"].tolist() == [[1.0, 2.0]]
    assert call.inputs["b"].tolist() == [7]
    assert call.outputs == ("y", "z")


def test_a_client_may_ask_for_some_outputs() -> None:
    assert parse(inputs=[A, B], outputs=[{"name": "z"}]).outputs == ("z",)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        pytest.param({}, "must be a list of tensors. The model takes a", id="no inputs"),
        pytest.param({"inputs": [1]}, "list of tensors", id="an input that is no object"),
        pytest.param({"inputs": [A]}, "takes a .*, b ", id="an input is missing"),
        pytest.param({"inputs": [A, B, B]}, "are named", id="an input comes twice"),
        pytest.param({"inputs": [A, {**B, "name": "c"}]}, "named", id="an unknown name"),
        pytest.param({"inputs": [A, {**B, "name": []}]}, "named", id="a name that is no text"),
        pytest.param({"inputs": [{**A, "datatype": "FP64"}, B]}, "takes FP32", id="a datatype"),
        pytest.param({"inputs": [{**A, "shape": [2]}, B]}, "-1 is any size", id="a rank"),
        pytest.param({"inputs": [{**A, "shape": [1, 3]}, B]}, "-1 is any", id="a fixed size"),
        pytest.param({"inputs": [{**A, "shape": [0, 2]}, B]}, "1 or more", id="no rows"),
        pytest.param({"inputs": [{**A, "shape": [True, 2]}, B]}, "1 or more", id="a truth size"),
        pytest.param({"inputs": [{**A, "shape": "1,2"}, B]}, "1 or more", id="a shape of text"),
        pytest.param({"inputs": [A, B], "id": 5}, "'id' must", id="an id that is no text"),
        pytest.param({"inputs": [A, B], "parameters": []}, "'parameters'", id="parameters"),
        pytest.param({"inputs": [A, B], "outputs": [{}]}, "model gives", id="a nameless output"),
        pytest.param({"inputs": [A, B], "outputs": ["y"]}, "model gives", id="a bare output"),
        pytest.param({"inputs": [A, B], "outputs": "y"}, "model gives", id="outputs as text"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_with_what_does(
    request_: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadRequest, match=says):
        parse(**request_)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b"NaN"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest, match="must be"):
        parse_call(body, INPUTS, OUTPUTS)


def test_an_answer_holds_what_was_asked_for() -> None:
    call = InferCall(id="x", inputs={}, outputs=("z", "y"))
    outputs = {
        "y": (OUTPUTS[0], np.array([0.5, np.nan], dtype=np.float32)),
        "z": (OUTPUTS[1], np.array([["p"], ["q"]], dtype=object)),
    }
    assert orjson.loads(render_answer(model="m", version="2", call=call, outputs=outputs)) == {
        "model_name": "m",
        "model_version": "2",
        "id": "x",
        "outputs": [
            {"name": "z", "datatype": "BYTES", "shape": [2, 1], "data": ["p", "q"]},
            {"name": "y", "datatype": "FP32", "shape": [2], "data": [0.5, None]},
        ],
    }


def test_an_error_is_an_object_of_one_text() -> None:
    assert render_error("no") == b'{"error":"no"}'
