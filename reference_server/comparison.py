"""Two versions' answers to one request, held against each other. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from reference_server.datatypes import Array

__all__ = ["Comparison", "Likeness", "compare"]


class Likeness(StrEnum):
    """How two answers stand to each other.

    Attributes:
        SAME: Every value is within the tolerance.
        DIFFERENT: A value is not.
        UNLIKE: They have other tensors, shapes or datatypes, so values cannot be compared.
    """

    SAME = "same"
    DIFFERENT = "different"
    UNLIKE = "unlike"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of it.

    Attributes:
        likeness: See there.
        largest: The largest finite difference of two numbers; 0 where there are none.
        top_agrees: Whether the highest scores stand in the same places; None where no output has
            scores: floats, two or more along the last axis.
    """

    likeness: Likeness
    largest: float = 0.0
    top_agrees: bool | None = None


def compare(
    live: Mapping[str, Array], copy: Mapping[str, Array], *, tolerance: float
) -> Comparison:
    """Hold one answer against another.

    Args:
        live: The one that the client was given, by output.
        copy: The other one.
        tolerance: Floats are the same when they differ by no more than ``tolerance * (1 + |live|)``;
            what is no number in both is the same. Everything else must be equal.

    >>> one, other = np.array([[0.9, 0.1]]), np.array([[0.8, 0.2]])
    >>> found = compare({"scores": one}, {"scores": other}, tolerance=0.001)
    >>> found.likeness.value, round(found.largest, 3), found.top_agrees
    ('different', 0.1, True)
    """
    if live.keys() != copy.keys() or any(_unlike(live[name], copy[name]) for name in live):
        return Comparison(likeness=Likeness.UNLIKE)
    pairs = [(live[name], copy[name]) for name in live]
    same = all(_same(one, other, tolerance) for one, other in pairs)
    tops = [_top_agrees(one, other) for one, other in pairs if _has_scores(one)]
    return Comparison(
        likeness=Likeness.SAME if same else Likeness.DIFFERENT,
        largest=max((_largest(one, other) for one, other in pairs), default=0.0),
        top_agrees=all(tops) if tops else None,
    )


def _unlike(one: Array, other: Array) -> bool:
    return one.shape != other.shape or one.dtype != other.dtype


def _same(one: Array, other: Array, tolerance: float) -> bool:
    if one.dtype.kind != "f":
        return bool(np.array_equal(one, other))
    # In double precision: the tolerance of a half would be rounded to nothing.
    wide, other_wide = one.astype(np.float64), other.astype(np.float64)
    return bool(np.isclose(other_wide, wide, tolerance, tolerance, equal_nan=True).all())


def _largest(one: Array, other: Array) -> float:
    if one.dtype.kind not in "fiu" or one.size == 0:
        return 0.0
    with np.errstate(invalid="ignore"):
        apart = np.abs(one.astype(np.float64) - other.astype(np.float64))
    return float(np.max(apart, where=np.isfinite(apart), initial=0.0))


def _has_scores(output: Array) -> bool:
    return output.dtype.kind == "f" and output.ndim > 0 and output.shape[-1] > 1 and output.size > 0


def _top_agrees(one: Array, other: Array) -> bool:
    return bool(np.array_equal(one.argmax(axis=-1), other.argmax(axis=-1)))
