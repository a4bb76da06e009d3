"""The Open Inference Protocol v2 over REST: bytes in, arrays out, and the way back. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from reference_server.datatypes import DATATYPES, Array, TensorSpec, to_array
from reference_server.errors import BadRequest

__all__ = [
    "InferCall",
    "as_number",
    "as_object",
    "parse_call",
    "render_answer",
    "render_error",
    "tensor_docs",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class InferCall:
    """One inference request that fits the model.

    Attributes:
        id: The client's own name for it; None when it gave none.
        inputs: One array per input of the model.
        outputs: Names of the outputs wanted, in this order; all of them when none is named.
    """

    id: str | None
    inputs: dict[str, Array]
    outputs: tuple[str, ...]


def parse_call(
    body: bytes, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
) -> InferCall:
    """Read an inference request.

    Args:
        body: JSON, as the protocol describes it.
        inputs: What the model takes.
        outputs: What the model gives.

    Raises:
        BadRequest: The message names the tensor at fault and what the model takes.
    """
    request = as_object(body, "An inference request")
    call_id = request.get("id")
    if call_id is not None and not isinstance(call_id, str):
        msg = "'id' must be a string."
        raise BadRequest(msg)
    if not isinstance(request.get("parameters", {}), dict):
        msg = "'parameters' must be an object."
        raise BadRequest(msg)
    given = _tensors(request.get("inputs"), inputs)
    return InferCall(
        id=call_id,
        inputs={spec.name: _read_tensor(given[spec.name], spec) for spec in inputs},
        outputs=_wanted(request.get("outputs"), outputs),
    )


def as_object(body: bytes, what: str) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        BadRequest: The body is no JSON, or no object; `what` starts the message.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        msg = f"{what} must be JSON: {error}."
        raise BadRequest(msg) from error
    if not isinstance(parsed, dict):
        msg = f"{what} must be a JSON object."
        raise BadRequest(msg)
    return parsed


def as_number(value: object) -> float | None:
    """Return a JSON number that is finite; None for anything else.

    >>> as_number(5), as_number(True), as_number("5")
    (5.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def _tensors(given: object, inputs: Sequence[TensorSpec]) -> dict[str, dict[str, Any]]:
    """Return tensors by name; there is exactly one for each input."""
    takes = ", ".join(f"{s.name} ({s.datatype} {list(s.shape)})" for s in inputs)
    if not isinstance(given, list) or not all(isinstance(tensor, dict) for tensor in given):
        msg = f"'inputs' must be a list of tensors. The model takes {takes}."
        raise BadRequest(msg)
    names = [tensor.get("name") for tensor in given]
    wanted = [spec.name for spec in inputs]
    if len(names) != len(wanted) or not all(name in names for name in wanted):
        msg = f"The inputs are named {names}. The model takes {takes}."
        raise BadRequest(msg)
    return {tensor["name"]: tensor for tensor in given}


def _read_tensor(tensor: Mapping[str, Any], spec: TensorSpec) -> Array:
    if tensor.get("datatype") != spec.datatype:
        msg = (
            f"Input {spec.name!r} is declared {tensor.get('datatype')!r}; "
            f"the model takes {spec.datatype}."
        )
        raise BadRequest(msg)
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int and size > 0 for size in shape):
        msg = f"Input {spec.name!r} needs 'shape': a list of sizes, each 1 or more."
        raise BadRequest(msg)
    if not spec.admits(tuple(shape)):
        msg = (
            f"Input {spec.name!r} has shape {shape}; the model takes {list(spec.shape)}, "
            "where -1 is any size."
        )
        raise BadRequest(msg)
    return to_array(tensor.get("data"), spec, tuple(shape))


def _wanted(asked: object, outputs: Sequence[TensorSpec]) -> tuple[str, ...]:
    gives = tuple(spec.name for spec in outputs)
    if asked is None or asked == []:
        return gives
    listed = asked if isinstance(asked, list) else [None]
    names = tuple(one.get("name") if isinstance(one, dict) else None for one in listed)
    if not all(name in gives for name in names):
        msg = f"'outputs' must be a list of objects with a 'name'. The model gives {list(gives)}."
        raise BadRequest(msg)
    return tuple(str(name) for name in names)


def render_answer(
    *, model: str, version: str, call: InferCall, outputs: Mapping[str, tuple[TensorSpec, Array]]
) -> bytes:
    """Write the answer to an inference request. A value that is no number becomes null."""
    answer: dict[str, Any] = {"model_name": model, "model_version": version}
    if call.id is not None:
        answer["id"] = call.id
    answer["outputs"] = [_write_tensor(*outputs[name]) for name in call.outputs]
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def _write_tensor(spec: TensorSpec, array: Array) -> dict[str, Any]:
    flat = array.ravel()
    return {
        "name": spec.name,
        "datatype": spec.datatype,
        "shape": array.shape,
        "data": flat.tolist() if DATATYPES[spec.datatype][0] == "tensor(string)" else flat,
    }


def render_error(message: str) -> bytes:
    """Write the protocol's error object."""
    return orjson.dumps({"error": message})


def tensor_docs(specs: Sequence[TensorSpec]) -> list[dict[str, Any]]:
    """Describe tensors as the protocol's model metadata does."""
    return [
        {"name": spec.name, "datatype": spec.datatype, "shape": list(spec.shape)} for spec in specs
    ]
