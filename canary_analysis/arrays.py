"""Array types, and their exact form as text."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from zlib import compress, decompress
from zlib import error as ZlibError  # noqa: N812 -- an exception class under its real kind of name

import numpy as np
import numpy.typing as npt

from canary_analysis.errors import InvalidSnapshot

__all__ = ["BoolArray", "FloatArray", "IntArray", "from_text", "to_text"]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


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
        raw = decompress(b64decode(str(saved["int64"])))
        flat = np.frombuffer(raw, dtype="<i8").astype(np.int64)
        return flat.reshape(saved["shape"])
    except (KeyError, ValueError, TypeError, ZlibError) as error:
        msg = f"The saved {name} cannot be read ({error}). Was the snapshot changed by hand?"
        raise InvalidSnapshot(msg) from error
