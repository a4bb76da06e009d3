"""Array types, and their exact form as text."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from math import prod
from zlib import compress, decompressobj
from zlib import error as ZlibError  # noqa: N812 -- an exception class under its real kind of name

import numpy as np
import numpy.typing as npt

from canary_analysis.errors import InvalidSnapshot

__all__ = ["BoolArray", "FloatArray", "IntArray", "from_text", "to_text"]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MOST_BYTES = 1 << 28
"""What is packed may be a thousand times larger than it looks; no analysis needs so much."""


def to_text(array: IntArray) -> dict[str, object]:
    """Write whole numbers as JSON-safe text, packed.

    >>> to_text(np.array([[1, 2]]))["shape"]
    [1, 2]
    """
    packed = compress(np.ascontiguousarray(array, dtype="<i8").tobytes(), level=9)
    return {"shape": list(array.shape), "int64": b64encode(packed).decode("ascii")}


def from_text(name: str, saved: object) -> IntArray:
    """Read back what `to_text` wrote, bit by bit the same.

    Args:
        name: What it is, for the message.
        saved: The value found in the snapshot.

    Raises:
        InvalidSnapshot: It is missing or damaged; the message names it.

    >>> from_text("counts", to_text(np.array([[1, 2]])))
    array([[1, 2]])
    """
    if not isinstance(saved, Mapping):
        msg = f"The saved {name} is missing. Was the snapshot cut short?"
        raise InvalidSnapshot(msg)
    try:
        shape = [int(length) for length in saved["shape"]]
        size = 8 * prod(shape)
        if min(shape, default=0) < 0 or size > MOST_BYTES:
            msg = f"its shape is {shape}"
            raise ValueError(msg)  # noqa: TRY301 -- told like every other damage
        raw = decompressobj().decompress(b64decode(str(saved["int64"])), size + 1)
        return np.frombuffer(raw, dtype="<i8").astype(np.int64).reshape(shape)
    except (KeyError, ValueError, TypeError, ZlibError) as error:
        msg = f"The saved {name} cannot be read ({error}). Was the snapshot changed by hand?"
        raise InvalidSnapshot(msg) from error
