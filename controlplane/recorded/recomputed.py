"""A stored verdict beside the one that comes out today, place by place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose

__all__ = ["Recomputed", "differences"]

NEAR = 1e-9
"""Figures are the same up to the rounding of another machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """A stored verdict, and what comes out today.

    Attributes:
        what: Which verdict.
        decision: Stored.
        now: Reckoned again.
        differences: Places where they differ; empty when it is the same verdict.
    """

    what: str
    decision: str
    now: str
    differences: tuple[str, ...]


def differences(before: object, after: object, place: str = "") -> Iterator[str]:
    """Yield each place where two values differ, and how.

    >>> list(differences({"a": [1, 2]}, {"a": [1, 3]}))
    ['/a/1: 2 is 3 now']
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from differences(before.get(key), after.get(key), f"{place}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, f"{place}/{number}")
    elif not _same(before, after):
        yield f"{place}: {str(before)[:60]} is {str(after)[:60]} now"


def _same(before: object, after: object) -> bool:
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, int | float) and isinstance(after, int | float):
        return isclose(before, after, rel_tol=NEAR)
    return before == after
