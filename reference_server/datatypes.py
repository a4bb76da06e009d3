"""Tensor datatypes of the Open Inference Protocol, and JSON values as arrays of them."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference_server.errors import BadRequest

__all__ = ["DATATYPES", "Array", "TensorSpec", "from_onnx_type", "to_array"]

Array = NDArray[Any]

DATATYPES: dict[str, tuple[str, type[np.generic]]] = {
    "BOOL": ("tensor(bool)", np.bool_),
    "BYTES": ("tensor(string)", np.object_),
    "FP16": ("tensor(float16)", np.float16),
    "FP32": ("tensor(float)", np.float32),
    "FP64": ("tensor(double)", np.float64),
    "INT16": ("tensor(int16)", np.int16),
    "INT32": ("tensor(int32)", np.int32),
    "INT64": ("tensor(int64)", np.int64),
    "INT8": ("tensor(int8)", np.int8),
    "UINT16": ("tensor(uint16)", np.uint16),
    "UINT32": ("tensor(uint32)", np.uint32),
    "UINT64": ("tensor(uint64)", np.uint64),
    "UINT8": ("tensor(uint8)", np.uint8),
}
"""Protocol name -> what ONNX Runtime calls it, and what numpy does."""

KINDS = {"b": "b", "i": "iu", "u": "iu", "f": "fiu", "O": "U"}
"""Kind of the wanted dtype -> kinds that JSON values may arrive as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSpec:
    """One input or output of a model.

    Attributes:
        name: As the model calls it.
        datatype: A key of ``DATATYPES``.
        shape: Sizes; -1 where any size goes.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]

    def admits(self, shape: tuple[int, ...]) -> bool:
        """Say whether a tensor of this shape fits."""
        return len(shape) == len(self.shape) and all(
            wanted in (-1, given) for wanted, given in zip(self.shape, shape, strict=True)
        )


def from_onnx_type(onnx_type: str) -> str | None:
    """Return the protocol's name for ``tensor(float)``; None for what it cannot carry.

    >>> from_onnx_type("tensor(float)")
    'FP32'
    """
    return next((name for name, (onnx, _) in DATATYPES.items() if onnx == onnx_type), None)


def to_array(data: object, spec: TensorSpec, shape: tuple[int, ...]) -> Array:
    """Return JSON values as an array.

    Args:
        data: A list of values in row-major order, flat or nested as the shape is.
        spec: What the model wants; gives the datatype and the name for messages.
        shape: The shape that the request declares.

    Raises:
        BadRequest: Values of another kind, too large for the datatype, or of another number.
    """
    dtype = np.dtype(DATATYPES[spec.datatype][1])
    given = _natural(data, spec.name)
    if given.size != prod(shape):
        msg = (
            f"Input {spec.name!r} has {given.size} values; its shape {list(shape)} "
            f"needs {prod(shape)}."
        )
        raise BadRequest(msg)
    if given.dtype.kind not in KINDS[dtype.kind]:
        msg = f"Input {spec.name!r} has values that are not {spec.datatype}."
        raise BadRequest(msg)
    if not _fits(given, dtype):
        msg = f"Input {spec.name!r} has values that {spec.datatype} cannot hold."
        raise BadRequest(msg)
    return given.astype(dtype).reshape(shape)


def _natural(data: object, name: str) -> Array:
    """Let numpy choose the dtype, so that nothing is rounded or wrapped unseen."""
    if not isinstance(data, list):
        msg = f"Input {name!r} needs 'data': a list of values, flat or nested as its shape."
        raise BadRequest(msg)
    try:
        return np.asarray(data)
    except (ValueError, OverflowError) as error:
        msg = f"Input {name!r} has rows of unequal length, or values that are no numbers."
        raise BadRequest(msg) from error


def _fits(given: Array, dtype: np.dtype[Any]) -> bool:
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return bool(int(given.min()) >= limits.min and int(given.max()) <= limits.max)
    if dtype.kind == "f":
        return max(-float(given.min()), float(given.max())) <= float(np.finfo(dtype).max)
    return True
