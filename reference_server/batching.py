"""Several requests as one call of the model, and one answer as several. Pure."""

from collections.abc import Mapping, Sequence

import numpy as np

from reference_server.datatypes import Array
from reference_server.errors import ModelFailed

__all__ = ["fits_with", "rows_of", "split", "stack"]


def rows_of(inputs: Mapping[str, Array]) -> int:
    """Return how many rows a request brings: the first size of its first input; 1 without one."""
    return next((array.shape[0] for array in inputs.values() if array.ndim), 1)


def fits_with(first: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    """Say whether two requests differ in their rows alone, and each has one number of rows."""
    same = all(first[name].shape[1:] == other[name].shape[1:] for name in first)
    return same and all(
        len({array.shape[0] for array in inputs.values()}) == 1 for inputs in (first, other)
    )


def stack(requests: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Put the rows of all requests into one."""
    if len(requests) == 1:
        return dict(requests[0])
    return {name: np.concatenate([one[name] for one in requests]) for name in requests[0]}


def split(outputs: Sequence[Array], rows: Sequence[int]) -> list[list[Array]]:
    """Give every request its rows of every output.

    Args:
        outputs: What the model gave for all of them.
        rows: How many rows each request brought.

    Raises:
        ModelFailed: An output has another number of rows than went in.
    """
    if len(rows) == 1:
        return [list(outputs)]
    total = sum(rows)
    if any(output.ndim == 0 or output.shape[0] != total for output in outputs):
        msg = f"The model gave outputs that do not have the {total} rows it was given."
        raise ModelFailed(msg)
    cuts = np.cumsum(rows)[:-1]
    by_output = [np.split(output, cuts) for output in outputs]
    return [list(parts) for parts in zip(*by_output, strict=True)]
